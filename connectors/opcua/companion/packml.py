"""OPC 30050 PackML: the states of ISA-TR88.00.02 and the production counters.

The state machine is nested: aborted or cleared; when cleared, stopped or running; when running, one
of the states of execution. A machine that is inactive reports no current state, which is bad
quality here.
"""

from __future__ import annotations

from connectors.opcua.companion.model import CompanionModel, CompanionVariable, Signal, State
from connectors.opcua.node_ids import NodeName

NAMESPACE = "http://opcfoundation.org/UA/PackML/"
_BASE = NodeName(NAMESPACE, "BaseStateMachine")
_MACHINE = NodeName(NAMESPACE, "MachineState")
_EXECUTE = NodeName(NAMESPACE, "ExecuteState")
_STATUS = NodeName(NAMESPACE, "Status")
_ADMIN = NodeName(NAMESPACE, "Admin")
_CURRENT = NodeName(None, "CurrentState")

BASE_STATES = {"Aborting": State.DOWN, "Aborted": State.DOWN}
MACHINE_STATES = {"Clearing": State.DOWN, "Stopping": State.STOPPED, "Stopped": State.STOPPED}
EXECUTE_STATES = {
    "Resetting": State.SETUP,
    "Idle": State.WAITING,
    "Starting": State.SETUP,
    "Execute": State.RUNNING,
    "Completing": State.RUNNING,
    "Complete": State.WAITING,
    "Holding": State.STOPPED,
    "Held": State.STOPPED,
    "Unholding": State.STOPPED,
    "Suspending": State.WAITING,
    "Suspended": State.WAITING,
    "Unsuspending": State.WAITING,
}


def _count(name: str, variable: str, signal: Signal) -> CompanionVariable:
    return CompanionVariable(
        name=name,
        path=(_ADMIN, NodeName(NAMESPACE, variable)),
        index=0,
        field="AccCount",
        signal=signal,
    )


PACKML = CompanionModel(
    key="packml",
    title="OPC 30050 PackML",
    marker=(_BASE,),
    variables=(
        CompanionVariable(name="base_state", path=(_BASE, _CURRENT), states=BASE_STATES),
        CompanionVariable(
            name="machine_state", path=(_BASE, _MACHINE, _CURRENT), states=MACHINE_STATES
        ),
        CompanionVariable(
            name="execute_state",
            path=(_BASE, _MACHINE, _EXECUTE, _CURRENT),
            states=EXECUTE_STATES,
            signal=Signal.STATE,
        ),
        CompanionVariable(name="speed", path=(_STATUS, NodeName(NAMESPACE, "CurMachSpeed"))),
        CompanionVariable(
            name="equipment_blocked", path=(_STATUS, NodeName(NAMESPACE, "EquipmentBlocked"))
        ),
        CompanionVariable(
            name="equipment_starved", path=(_STATUS, NodeName(NAMESPACE, "EquipmentStarved"))
        ),
        _count("processed", "ProdProcessedCount", Signal.TOTAL),
        _count("defective", "ProdDefectiveCount", Signal.SCRAP),
    ),
)
