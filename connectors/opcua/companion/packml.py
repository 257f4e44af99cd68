"""OPC 30050 PackML: the states of ISA-TR88.00.02 and the production counters.

The state machine is nested: aborted or cleared; when cleared, stopped or running; when running, one
of the states of execution. A machine that is inactive reports no current state; then that of the
one around it counts.
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

BASE_STATES = {"Aborting": State.DOWN, "Aborted": State.DOWN, "Cleared": State.STOPPED}
MACHINE_STATES = {
    "Clearing": State.DOWN,
    "Stopping": State.STOPPED,
    "Stopped": State.STOPPED,
    "Running": State.RUNNING,
}
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
STATES = BASE_STATES | MACHINE_STATES | EXECUTE_STATES


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
        CompanionVariable(
            name="state",
            path=(_BASE, _MACHINE, _EXECUTE, _CURRENT),
            otherwise=((_BASE, _MACHINE, _CURRENT), (_BASE, _CURRENT)),
            states=STATES,
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
