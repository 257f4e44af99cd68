"""OPC 40001-1 Machinery: item state and operation mode.

States and their numbers: OPC 40001-1, 12.3 (MachineryItemState_StateMachineType) and 12.4
(MachineryOperationModeStateMachineType). The current state is a text named like the state.
"""

from __future__ import annotations

from connectors.opcua.companion.model import CompanionModel, CompanionVariable, Signal, State
from connectors.opcua.node_ids import NodeName

NAMESPACE = "http://opcfoundation.org/UA/Machinery/"
_BLOCKS = NodeName(NAMESPACE, "MachineryBuildingBlocks")
_ITEM_STATE = NodeName(NAMESPACE, "MachineryItemState")
_OPERATION_MODE = NodeName(NAMESPACE, "MachineryOperationMode")
_CURRENT = NodeName(None, "CurrentState")

ITEM_STATES = {
    "NotAvailable": State.OFF,
    "OutOfService": State.DOWN,
    "NotExecuting": State.STOPPED,
    "Executing": State.RUNNING,
}

MACHINERY = CompanionModel(
    key="machinery",
    title="OPC 40001-1 Machinery",
    marker=(_BLOCKS, _ITEM_STATE),
    variables=(
        CompanionVariable(
            name="item_state",
            path=(_BLOCKS, _ITEM_STATE, _CURRENT),
            states=ITEM_STATES,
            signal=Signal.STATE,
        ),
        CompanionVariable(name="operation_mode", path=(_BLOCKS, _OPERATION_MODE, _CURRENT)),
    ),
)
