"""OPC 40077 (Euromap 77): the active job of an injection moulding machine and its counters.

The variables are those of OPC 40083 (general types, Euromap 83).
"""

from __future__ import annotations

from connectors.opcua.companion.model import CompanionModel, CompanionVariable, Signal, State
from connectors.opcua.node_ids import NodeName

NAMESPACE = "http://opcfoundation.org/UA/PlasticsRubber/GeneralTypes/"


def _name(text: str) -> NodeName:
    return NodeName(NAMESPACE, text)


_STATUS = _name("MachineStatus")
_JOB = (_name("Jobs"), _name("ActiveJob"))
_VALUES = (_name("Jobs"), _name("ActiveJobValues"))

MACHINE_MODES = {
    0: "OTHER",
    1: "AUTOMATIC",
    2: "SEMI_AUTOMATIC",
    3: "MANUAL",
    4: "SETUP",
    5: "SLEEP",
}
JOB_STATUSES = {
    0: "OTHER",
    1: "TRANSFERRED_ASSIGNED",
    2: "SET_UP_ACTIVE",
    3: "SET_UP_INTERRUPTED",
    4: "SET_UP_FINISHED",
    5: "START_UP_ACTIVE",
    6: "JOB_IN_PRODUCTION",
    7: "JOB_INTERRUPTED",
    8: "JOB_FINISHED",
    9: "TEAR_DOWN_ACTIVE",
    10: "TEAR_DOWN_INTERRUPTED",
    11: "TEAR_DOWN_FINISHED",
}
JOB_STATES = {
    "OTHER": State.UNKNOWN,
    "TRANSFERRED_ASSIGNED": State.WAITING,
    "SET_UP_ACTIVE": State.SETUP,
    "SET_UP_INTERRUPTED": State.SETUP,
    "SET_UP_FINISHED": State.SETUP,
    "START_UP_ACTIVE": State.SETUP,
    "JOB_IN_PRODUCTION": State.RUNNING,
    "JOB_INTERRUPTED": State.STOPPED,
    "JOB_FINISHED": State.WAITING,
    "TEAR_DOWN_ACTIVE": State.SETUP,
    "TEAR_DOWN_INTERRUPTED": State.SETUP,
    "TEAR_DOWN_FINISHED": State.WAITING,
}

EUROMAP77 = CompanionModel(
    key="euromap77",
    title="OPC 40077 injection moulding machine to MES (Euromap 77)",
    marker=_VALUES,
    variables=(
        CompanionVariable(
            name="machine_mode", path=(_STATUS, _name("MachineMode")), words=MACHINE_MODES
        ),
        CompanionVariable(
            name="job_status",
            path=(*_VALUES, _name("JobStatus")),
            words=JOB_STATUSES,
            states=JOB_STATES,
            signal=Signal.STATE,
        ),
        CompanionVariable(name="job_name", path=(*_JOB, _name("JobName"))),
        CompanionVariable(name="mould_id", path=(*_JOB, _name("MouldId"))),
        CompanionVariable(name="cycles", path=(*_VALUES, _name("JobCycleCounter"))),
        CompanionVariable(
            name="parts", path=(*_VALUES, _name("JobPartsCounter")), signal=Signal.TOTAL
        ),
        CompanionVariable(
            name="bad_parts", path=(*_VALUES, _name("JobBadPartsCounter")), signal=Signal.SCRAP
        ),
        CompanionVariable(name="good_parts", path=(*_VALUES, _name("JobGoodPartsCounter"))),
        CompanionVariable(name="last_cycle_time", path=(*_VALUES, _name("LastCycleTime"))),
    ),
)
