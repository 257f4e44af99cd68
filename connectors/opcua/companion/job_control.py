"""OPC 10031-4 Job Control 2.0: handing a job to a machine and reading what became of it.

A job is stored and started by one method call, which is never repeated: without an answer it is not
known whether the machine took it. What the machine answers is read from its list of jobs and from
its job responses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asyncua import ua

from connectors.opcua.browsing import found_nodes
from connectors.opcua.failures import status_name
from connectors.opcua.session import OpcuaSession
from connectors.opcua.values import plain_value
from connectors.sdk.capabilities import NodeKind, WriteOutcome
from connectors.sdk.errors import ConfigurationError, ConnectorError, Refused
from connectors.sdk.messages import Value
from connectors.sdk.steps import Step

NAMESPACE = "http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/"
STORE_AND_START = "StoreAndStart"
STORE = "Store"
START = "Start"
JOB_LIST = "JobOrderList"
RESPONSE_BY_ID = "RequestJobResponseByJobOrderID"
_METHODS = (STORE_AND_START, STORE, START, JOB_LIST, RESPONSE_BY_ID)
_GOOD = 0x80000000
MOST_NODES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a machine is asked to make.

    Attributes:
        job_id: number of the job, the same in every later message.
        item: code of the item.
        quantity: how much, as people write it.
        parameters: recipe values by name.
    """

    job_id: str
    item: str
    quantity: str
    parameters: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """The outcome of one call.

    Attributes:
        return_status: the machine's own number; 0 is no error, None when it gave none.
        detail: a sentence for people; None when there is nothing to say.
    """

    outcome: WriteOutcome
    return_status: int | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOnMachine:
    """A job in the machine's list, with its state and the states within that state."""

    job_id: str
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResponse:
    """What a machine says of a job.

    Attributes:
        states: the state and the states within it.
        data: measured values by name, in the machine's own words.
    """

    job_id: str
    states: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    data: Mapping[str, Value]


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
    async def find(cls, session: OpcuaSession, path: str) -> JobReceiver:
        """The job control at or below a path of browse names.

        Raises:
            Refused: `job_control_not_available`, when there is none.
            Unavailable: the server does not answer.
        """
        found, _ = await found_nodes(session, f"{path.strip('/')}/**", MOST_NODES)
        owners = {node.path: node.node_id for node in found}
        nodes: dict[str, tuple[ua.NodeId, ua.NodeId]] = {}
        for node in found:
            name = node.names[-1]
            is_ours = session.space.uri_of(int(name.NamespaceIndex)) == NAMESPACE
            owner = owners.get(node.path.rpartition("/")[0])
            is_used = name.Name in _METHODS and node.kind is not NodeKind.FOLDER
            if is_ours and is_used and owner is not None:
                nodes.setdefault(name.Name, (owner, node.node_id))
        if STORE_AND_START not in nodes and STORE not in nodes:
            detail = f"{session.failing.endpoint} has no job order receiver below {path!r}"
            raise Refused("job_control_not_available", detail, step=Step.REGISTER)
        return cls(session, nodes)

    async def store_and_start(self, job: Job) -> Dispatched:
        """Hand a job over and let it start, once.

        Raises:
            ConfigurationError: the server does not describe its job orders; nothing was sent.
        """
        return await self._call(STORE_AND_START, job_order(job))

    async def store(self, job: Job) -> Dispatched:
        """Hand a job over, once; it waits for a start.

        Raises:
            ConfigurationError: the server does not describe its job orders; nothing was sent.
        """
        return await self._call(STORE, job_order(job))

    async def start(self, job_id: str) -> Dispatched:
        """Let a stored job start, once."""
        return await self._call(START, job_id)

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
        ]

    async def response(self, job_id: str) -> JobResponse | None:
        """What the machine says of a job; None when it says nothing.

        Raises:
            Unavailable: the server does not answer.
            Refused: it gives no responses.
        """
        owner, method = self._node(RESPONSE_BY_ID)
        with self._session.failing:
            result = await self._request(owner, method, [ua.Variant(job_id)])
        outputs = [variant.Value for variant in result.OutputArguments or ()]
        if int(result.StatusCode.value) & _GOOD or not outputs or outputs[0] is None:
            return None
        return _response(outputs[0])

    async def _call(self, name: str, argument: Any) -> Dispatched:
        owner, method = self._node(name)
        comment = ua.Variant([], ua.VariantType.LocalizedText)
        try:
            with self._session.failing:
                result = await self._request(owner, method, [ua.Variant(argument), comment])
        except ConnectorError as error:
            detail = f"the machine did not say whether it took the job: {error.detail}"
            return Dispatched(outcome=WriteOutcome.UNKNOWN, detail=detail)
        status = int(result.StatusCode.value)
        if status & _GOOD:
            return Dispatched(outcome=WriteOutcome.REFUSED, detail=status_name(status))
        outputs = [variant.Value for variant in result.OutputArguments or ()]
        number = int(outputs[0]) if outputs and isinstance(outputs[0], int) else None
        if number:
            detail = f"the machine answered with its status {number}"
            return Dispatched(outcome=WriteOutcome.REFUSED, return_status=number, detail=detail)
        return Dispatched(outcome=WriteOutcome.ACCEPTED, return_status=number)

    async def _request(
        self, owner: ua.NodeId, method: ua.NodeId, arguments: Sequence[ua.Variant]
    ) -> ua.CallMethodResult:
        request = ua.CallMethodRequest(
            ObjectId=owner, MethodId=method, InputArguments=list(arguments)
        )
        return (await self._session.services.call([request]))[0]

    def _node(self, name: str) -> tuple[ua.NodeId, ua.NodeId]:
        if name not in self._nodes:
            detail = f"the job control of {self._session.failing.endpoint} has no {name}"
            raise Refused("job_control_not_available", detail, step=Step.REGISTER)
        return self._nodes[name]


def job_order(job: Job) -> Any:
    """The job order in the types that the server has described.

    Raises:
        ConfigurationError: `job_types_missing`; the server described none.
    """
    try:
        order = _type("ISA95JobOrderDataType")(JobOrderID=job.job_id)
        material = _type("ISA95MaterialDataType")
        parameter = _type("ISA95ParameterDataType")
    except AttributeError as error:
        detail = "the server does not describe the types of job control"
        raise ConfigurationError("job_types_missing", detail) from error
    order.MaterialRequirements = [
        material(MaterialDefinitionID=job.item, MaterialUse="Produced", Quantity=job.quantity)
    ]
    order.JobOrderParameters = [
        parameter(ID=name, Value=ua.Variant(value)) for name, value in job.parameters.items()
    ]
    return order


def _type(name: str) -> Any:
    """A structure that was made from the server's own description of it."""
    return getattr(ua, name)


def _states(states: Any) -> tuple[str, ...]:
    return tuple(str(each.StateText.Text) for each in states or ())


def _response(given: Any) -> JobResponse:
    data: dict[str, Value] = {}
    for each in given.JobResponseData or ():
        raw = each.Value.Value if isinstance(each.Value, ua.Variant) else each.Value
        value, problem = plain_value(raw)
        if problem is None:
            data[str(each.ID)] = value
    return JobResponse(
        job_id=str(given.JobOrderID),
        states=_states(given.JobState),
        start=given.StartTime,
        end=given.EndTime,
        data=data,
    )
