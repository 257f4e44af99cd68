"""Handing a job to a machine as the allow-list says, and reading what it says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.opcua.companion.job_control import Job, JobReceiver
from connectors.opcua.methods import ITEM, JOB_ORDER, QUANTITY, JobCommand, OpcuaMethod
from connectors.opcua.node_ids import step_name
from connectors.opcua.session import OpcuaSession
from connectors.sdk.capabilities import Argument, Called, WriteOutcome
from connectors.sdk.errors import ConnectorError

STATE_TIMEOUT_S = 3.0


async def hand_over(
    session: OpcuaSession, address: OpcuaMethod, arguments: Sequence[Argument], timeout_s: float
) -> Called:
    """Store a job, start it, or both, once; then ask what the machine says of it.

    Raises:
        ConfigurationError, Refused: the machine has no job control, or does not describe its types;
            nothing was sent.
        Unavailable: the server does not answer; nothing was sent.
    """
    receiver = await _receiver(session, address)
    job = _job(arguments)
    if address.job_order is JobCommand.START:
        called = await receiver.start(job.job_id, timeout_s)
    elif address.job_order is JobCommand.STORE:
        called = await receiver.store(job, timeout_s)
    else:
        called = await receiver.store_and_start(job, timeout_s)
    if called.outcome is not WriteOutcome.ACCEPTED:
        return called
    return Called(outcome=called.outcome, results=called.results, state=await _said(receiver, job))


async def state_of(
    session: OpcuaSession, address: OpcuaMethod, arguments: Sequence[Argument]
) -> Mapping[str, object] | None:
    """What the machine says of a job now; None: nothing.

    Raises:
        Refused: the machine has no job control.
        Unavailable: the server does not answer.
    """
    receiver = await _receiver(session, address)
    said = await receiver.said_of(_job(arguments).job_id, STATE_TIMEOUT_S)
    return None if said is None else said.as_document()


async def _said(receiver: JobReceiver, job: Job) -> Mapping[str, object] | None:
    """The machine has taken the job; whatever it says or not, that stays so."""
    try:
        said = await receiver.said_of(job.job_id, STATE_TIMEOUT_S)
    except ConnectorError:
        return None
    return None if said is None else said.as_document()


async def _receiver(session: OpcuaSession, address: OpcuaMethod) -> JobReceiver:
    return await JobReceiver.find(session, [step_name(step) for step in address.path or ()])


def _job(arguments: Sequence[Argument]) -> Job:
    values = {each.name: each.value for each in arguments}
    own = (JOB_ORDER, ITEM, QUANTITY)
    return Job(
        job_id=str(values[JOB_ORDER]),
        item=str(values.get(ITEM, "")),
        quantity=str(values.get(QUANTITY, "")),
        parameters=[each for each in arguments if each.name not in own],
    )
