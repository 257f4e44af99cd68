"""OPC 10031-4 Job Control 2.0: handing a job to a machine and reading what became of it.

A job is stored and started by one method call, which is never repeated: without an answer it is not
known whether the machine took it. What the machine answers is read from its list of jobs and from
its job responses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from asyncua import ua

from connectors.opcua.browsing import found_nodes, names_of
from connectors.opcua.calling import KINDS
from connectors.opcua.failures import status_name
from connectors.opcua.node_ids import NodeName
from connectors.opcua.session import OpcuaSession
from connectors.opcua.values import plain_value
from connectors.sdk.capabilities import Argument, Called, NodeKind, WriteOutcome
from connectors.sdk.errors import ConfigurationError, ConnectorError, Refused
from connectors.sdk.messages import Value
from connectors.sdk.steps import Step

NAMESPACE = "http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/"
STORE_AND_START = "StoreAndStart"
STORE = "Store"
START = "Start"
JOB_LIST = "JobOrderList"
RESPONSE_BY_ID = "RequestJobResponseByJobOrderID"
REFUSED_BY_MACHINE = "job_refused_by_machine"
_METHODS = (STORE_AND_START, STORE, START, JOB_LIST, RESPONSE_BY_ID)
_GOOD = 0x80000000
_STRUCTURE = ua.NodeId(ua.Int32(ua.ObjectIds.Structure))
MOST_NODES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a machine is asked to make.

    Attributes:
        job_id: number of the job, the same in every later message.
        item: code of the item.
        quantity: how much, as people write it.
        parameters: recipe values.
    """

    job_id: str
    item: str
    quantity: str
    parameters: Sequence[Argument] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOnMachine:
    """What a machine says of a job, in its list or in its response.

    Attributes:
        states: the state and the states within it.
        start: None: not started, or it does not say.
        end: None: not ended, or it does not say.
        data: measured values by name, in the machine's own words.
    """

    job_id: str
    states: tuple[str, ...]
    start: datetime | None = None
    end: datetime | None = None
    data: Mapping[str, Value] = field(default_factory=dict)

    def as_document(self) -> Mapping[str, object]:
        """Plain values for JSON; times are ISO 8601, UTC."""
        return {
            "job_order": self.job_id,
            "states": list(self.states),
            "start": _iso(self.start),
            "end": _iso(self.end),
            "data": dict(self.data),
        }


class JobReceiver:
    """The job control of one machine."""

    def __init__(self, session: OpcuaSession, nodes: Mapping[str, tuple[ua.NodeId, ua.NodeId]]):
        """Take it from `find`.

        Args:
            nodes: owner and node of each method or variable, by browse name.
        """
        self._session = session
        self._nodes = nodes

    @classmethod
    async def find(cls, session: OpcuaSession, path: Sequence[NodeName]) -> JobReceiver:
        """The job control at or below a path of browse names.

        Raises:
            Refused: `job_control_not_available`, when there is none.
            Unavailable: the server does not answer.
        """
        text = "/".join(name.text for name in path)
        found, _ = await found_nodes(session, f"{text}/**", MOST_NODES)
        owners = {node.path: node.node_id for node in found}
        nodes: dict[str, tuple[ua.NodeId, ua.NodeId]] = {}
        for node in found:
            names = names_of(session, node)
            owner = owners.get(node.path.rpartition("/")[0])
            is_used = names[-1].text in _METHODS and node.kind is not NodeKind.FOLDER
            is_ours = names[-1].uri == NAMESPACE and names[: len(path)] == tuple(path)
            if is_ours and is_used and owner is not None:
                nodes.setdefault(names[-1].text, (owner, node.node_id))
        if STORE_AND_START not in nodes and STORE not in nodes:
            detail = f"{session.failing.endpoint} has no job order receiver below {text!r}"
            raise Refused("job_control_not_available", detail, step=Step.REGISTER)
        return cls(session, nodes)

    async def store_and_start(self, job: Job, timeout_s: float) -> Called:
        """Hand a job over and let it start, once.

        Raises:
            ConfigurationError: the server does not describe its job orders; nothing was sent.
            Refused: it has no such method; nothing was sent.
        """
        return await self._call(STORE_AND_START, await job_order(self._session, job), timeout_s)

    async def store(self, job: Job, timeout_s: float) -> Called:
        """Hand a job over, once; it waits for a start.

        Raises:
            ConfigurationError: the server does not describe its job orders; nothing was sent.
            Refused: it has no such method; nothing was sent.
        """
        return await self._call(STORE, await job_order(self._session, job), timeout_s)

    async def start(self, job_id: str, timeout_s: float) -> Called:
        """Let a stored job start, once.

        Raises:
            Refused: it has no such method; nothing was sent.
        """
        return await self._call(START, job_id, timeout_s)

    async def said_of(self, job_id: str, timeout_s: float) -> JobOnMachine | None:
        """What the machine says of a job: its response, else its list; None when it says nothing.

        Raises:
            Unavailable: the server does not answer.
        """
        await self._session.learn_types()
        if RESPONSE_BY_ID in self._nodes:
            response = await self.response(job_id, timeout_s)
            if response is not None:
                return response
        if JOB_LIST not in self._nodes:
            return None
        return next((each for each in await self.jobs() if each.job_id == job_id), None)

    async def jobs(self) -> list[JobOnMachine]:
        """The machine's own list of jobs.

        Raises:
            Unavailable: the server does not answer.
            Refused: it shows no list.
        """
        _, node_id = self._node(JOB_LIST)
        with self._session.failing:
            answers = await self._session.services.read_attributes([node_id], ua.AttributeIds.Value)
        value = answers[0].Value.Value if answers and answers[0].Value is not None else None
        return [
            JobOnMachine(job_id=str(each.JobOrder.JobOrderID), states=_states(each.State))
            for each in value or ()
            if hasattr(each, "JobOrder")
        ]

    async def response(self, job_id: str, timeout_s: float) -> JobOnMachine | None:
        """The machine's response of a job; None when it has none.

        Raises:
            Unavailable: the server does not answer.
            Refused: it gives no responses.
        """
        result = await self._request(RESPONSE_BY_ID, [ua.Variant(job_id)], timeout_s)
        outputs = [variant.Value for variant in result.OutputArguments or ()]
        if int(result.StatusCode.value) & _GOOD or not outputs:
            return None
        return _response(outputs[0]) if getattr(outputs[0], "JobState", None) else None

    async def _call(self, name: str, argument: Any, timeout_s: float) -> Called:
        self._node(name)
        comment = ua.Variant([], ua.VariantType.LocalizedText)
        try:
            result = await self._request(name, [ua.Variant(argument), comment], timeout_s)
        except ConnectorError as error:
            detail = f"the machine did not say whether it took the job: {error.detail}"
            return Called(outcome=WriteOutcome.UNKNOWN, reason=error.code, detail=detail)
        status = int(result.StatusCode.value)
        if status & _GOOD:
            reason = status_name(status)
            detail = f"{self._session.failing.endpoint} answered {reason}"
            return Called(outcome=WriteOutcome.REFUSED, reason=reason, detail=detail)
        outputs = [variant.Value for variant in result.OutputArguments or ()]
        number = int(outputs[0]) if outputs and isinstance(outputs[0], int) else 0
        if number:
            detail = f"the machine did not take the job: its return status is {number}"
            refused = WriteOutcome.REFUSED
            return Called(
                outcome=refused, reason=REFUSED_BY_MACHINE, detail=detail, results=[number]
            )
        return Called(outcome=WriteOutcome.ACCEPTED, results=[number])

    async def _request(
        self, name: str, arguments: Sequence[ua.Variant], timeout_s: float
    ) -> ua.CallMethodResult:
        owner, method = self._node(name)
        request = ua.CallMethodRequest(
            ObjectId=owner, MethodId=method, InputArguments=list(arguments)
        )
        return await self._session.call(request, timeout_s)

    def _node(self, name: str) -> tuple[ua.NodeId, ua.NodeId]:
        if name not in self._nodes:
            detail = f"the job control of {self._session.failing.endpoint} has no {name}"
            raise Refused("job_control_not_available", detail, step=Step.REGISTER)
        return self._nodes[name]


async def job_order(session: OpcuaSession, job: Job) -> Any:
    """The job order in the types that the server has described.

    Raises:
        ConfigurationError: `job_types_missing`; the server described none.
        Unavailable: the server does not answer.
    """
    await session.learn_types()
    order = (await _type(session, "ISA95JobOrderDataType"))(JobOrderID=job.job_id)
    material = await _type(session, "ISA95MaterialDataType")
    order.MaterialRequirements = [
        material(MaterialDefinitionID=job.item, MaterialUse="Produced", Quantity=job.quantity)
    ]
    if job.parameters:
        parameter = await _type(session, "ISA95ParameterDataType")
        order.JobOrderParameters = [
            parameter(ID=each.name, Value=ua.Variant(each.value, KINDS[each.type]))
            for each in job.parameters
        ]
    return order


async def _type(session: OpcuaSession, name: str) -> Any:
    """A structure that was made from this server's own description of it."""
    node_id = await session.below([NodeName(NAMESPACE, name)], _STRUCTURE)
    found = None if node_id is None else ua.extension_objects_by_datatype.get(node_id)
    if found is None or found.__name__ != name:
        detail = f"{session.failing.endpoint} does not describe the types of job control"
        raise ConfigurationError("job_types_missing", detail)
    return found


def _states(states: Any) -> tuple[str, ...]:
    return tuple(str(each.StateText.Text) for each in states or ())


def _response(given: Any) -> JobOnMachine:
    data: dict[str, Value] = {}
    for each in given.JobResponseData or ():
        raw = each.Value.Value if isinstance(each.Value, ua.Variant) else each.Value
        value, problem = plain_value(raw)
        if problem is None:
            data[str(each.ID)] = value
    return JobOnMachine(
        job_id=str(given.JobOrderID),
        states=_states(given.JobState),
        start=given.StartTime,
        end=given.EndTime,
        data=data,
    )


def _iso(instant: datetime | None) -> str | None:
    if instant is None:
        return None
    aware = instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
    return aware.isoformat()
