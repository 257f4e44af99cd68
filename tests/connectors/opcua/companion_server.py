"""Small machines that follow companion specifications, on one real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from asyncua import Node, Server, ua, uamethod
from asyncua.common.structures104 import new_struct, new_struct_field

MACHINERY = "http://opcfoundation.org/UA/Machinery/"
PACKML = "http://opcfoundation.org/UA/PackML/"
PLASTICS = "http://opcfoundation.org/UA/PlasticsRubber/GeneralTypes/"
JOBS = "http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/"
PLANT = "urn:plant:machines"
NUMBERS = {"NotAllowedToStart": 1, "AllowedToStart": 2, "Running": 3, "Ended": 5}
"""Main states of a job (OPC 10031-4, 6.2.4)."""
UNKNOWN_JOB = 1
MOST_FEED = 1.5
TOO_FAST = 7
STARTED = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass
class Machines:
    """The variables that a test changes, by a short name, and the jobs that arrived.

    Attributes:
        states: what the machine says of each job in `jobs`.
        return_status: what the next job is answered with; 0 takes it.
        answer_after: set: a job is answered only when it is; None: at once.
        recipes: arguments with which `SetRecipe` was called.
    """

    variables: dict[str, Node] = field(default_factory=dict)
    jobs: list[Any] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)
    return_status: int = 0
    answer_after: asyncio.Event | None = None
    recipes: list[tuple[int, float]] = field(default_factory=list)
    count_class: Any = None

    async def say(self, name: str, text: str | None) -> None:
        """Let a state machine show a state; None: it is not active."""
        inactive = ua.StatusCode(ua.UInt32(ua.StatusCodes.BadStateNotActive))
        value = ua.DataValue(StatusCode=inactive)
        if text is not None:
            value = ua.DataValue(ua.Variant(ua.LocalizedText(text)))
        await self.variables[name].write_value(value)

    async def count(self, name: str, number: int) -> None:
        """Set a production counter of the packer."""
        counted = self.count_class(ID=0, Name="all", Count=number, AccCount=number)
        await self.variables[name].write_value([counted])

    async def set(self, name: str, number: int, kind: ua.VariantType) -> None:
        """Set a variable that is a number."""
        await self.variables[name].write_value(ua.DataValue(ua.Variant(number, kind)))


@asynccontextmanager
async def companion_server(port: int) -> AsyncIterator[Machines]:
    """Serve one machine of each kind on the loopback interface until left."""
    server = Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    machines = Machines()
    plant = await server.register_namespace(PLANT)
    await _machinery(server, machines, plant)
    await _packml(server, machines, plant)
    await _euromap(server, machines, plant)
    await _job_control(server, machines, plant)
    await _recipe(server, machines, plant)
    await server.start()
    try:
        yield machines
    finally:
        await server.stop()


async def _current_state(parent: Node, text: str) -> Node:
    value = ua.LocalizedText(text)
    return await parent.add_variable(ua.NodeId(), ua.QualifiedName("CurrentState"), value)


async def _machinery(server: Server, machines: Machines, plant: int) -> None:
    index = await server.register_namespace(MACHINERY)
    folder = await server.nodes.objects.add_folder(index, "Machines")
    machine = await folder.add_object(plant, "Lathe 7")
    blocks = await machine.add_folder(index, "MachineryBuildingBlocks")
    item_state = await blocks.add_object(index, "MachineryItemState")
    mode = await blocks.add_object(index, "MachineryOperationMode")
    machines.variables["item_state"] = await _current_state(item_state, "Executing")
    machines.variables["operation_mode"] = await _current_state(mode, "Processing")


async def _packml(server: Server, machines: Machines, plant: int) -> None:
    index = await server.register_namespace(PACKML)
    count_type, _ = await new_struct(
        server,
        index,
        "PackMLCountDataType",
        [
            new_struct_field("ID", ua.VariantType.Int32),
            new_struct_field("Name", ua.VariantType.String),
            new_struct_field("Count", ua.VariantType.Int32),
            new_struct_field("AccCount", ua.VariantType.Int32),
        ],
    )
    await server.load_data_type_definitions()
    count_class: Any = ua.get_type(count_type.nodeid)  # several servers may have one of this name
    machines.count_class = count_class
    packer = await server.nodes.objects.add_object(plant, "Packer")
    base = await packer.add_object(index, "BaseStateMachine")
    machine = await base.add_object(index, "MachineState")
    execute = await machine.add_object(index, "ExecuteState")
    status = await packer.add_object(index, "Status")
    admin = await packer.add_object(index, "Admin")
    machines.variables["base_state"] = await _current_state(base, "Cleared")
    machines.variables["machine_state"] = await _current_state(machine, "Running")
    machines.variables["execute_state"] = await _current_state(execute, "Execute")
    await status.add_variable(index, "CurMachSpeed", 40.0)
    for name, number in (("ProdProcessedCount", 120), ("ProdDefectiveCount", 3)):
        count = count_class(ID=0, Name="all", Count=number, AccCount=number)
        machines.variables[name] = await admin.add_variable(
            index, name, [count], datatype=count_type.nodeid
        )


async def _euromap(server: Server, machines: Machines, plant: int) -> None:
    index = await server.register_namespace(PLASTICS)
    moulder = await server.nodes.objects.add_object(plant, "IMM_1")
    status = await moulder.add_object(index, "MachineStatus")
    jobs = await moulder.add_object(index, "Jobs")
    active = await jobs.add_object(index, "ActiveJob")
    values = await jobs.add_object(index, "ActiveJobValues")
    await status.add_variable(index, "MachineMode", 1, ua.VariantType.Int32)
    await active.add_variable(index, "JobName", "J-17")
    for name, value, kind in (
        ("JobStatus", 6, ua.VariantType.Int32),
        ("JobPartsCounter", 400, ua.VariantType.UInt64),
        ("JobBadPartsCounter", 7, ua.VariantType.UInt64),
    ):
        variable = await values.add_variable(index, name, value, kind)
        machines.variables[name] = variable


async def _job_types(server: Server, index: int) -> dict[str, Any]:
    text, wide = ua.VariantType.String, ua.VariantType.Variant
    field_of = new_struct_field
    parameter, _ = await new_struct(
        server, index, "ISA95ParameterDataType", [field_of("ID", text), field_of("Value", wide)]
    )
    material, _ = await new_struct(
        server,
        index,
        "ISA95MaterialDataType",
        [
            field_of("MaterialDefinitionID", text, optional=True),
            field_of("MaterialUse", text, optional=True),
            field_of("Quantity", text, optional=True),
        ],
    )
    state, _ = await new_struct(
        server,
        index,
        "ISA95StateDataType",
        [
            field_of("StateText", ua.VariantType.LocalizedText),
            field_of("StateNumber", ua.VariantType.UInt32),
        ],
    )
    order, _ = await new_struct(
        server,
        index,
        "ISA95JobOrderDataType",
        [
            field_of("JobOrderID", text),
            field_of("JobOrderParameters", parameter, array=True, optional=True),
            field_of("MaterialRequirements", material, array=True, optional=True),
        ],
    )
    entry, _ = await new_struct(
        server,
        index,
        "ISA95JobOrderAndStateDataType",
        [field_of("JobOrder", order), field_of("State", state, array=True)],
    )
    response, _ = await new_struct(
        server,
        index,
        "ISA95JobResponseDataType",
        [
            field_of("JobResponseID", text),
            field_of("JobOrderID", text),
            field_of("StartTime", ua.VariantType.DateTime, optional=True),
            field_of("EndTime", ua.VariantType.DateTime, optional=True),
            field_of("JobState", state, array=True),
            field_of("JobResponseData", parameter, array=True, optional=True),
        ],
    )
    await server.load_data_type_definitions()
    known = [
        ua.get_type(node.nodeid) for node in (parameter, material, state, order, entry, response)
    ]
    return {each.__name__: each for each in known}


async def _job_control(server: Server, machines: Machines, plant: int) -> None:
    index = await server.register_namespace(JOBS)
    types = await _job_types(server, index)
    machine = await server.nodes.objects.add_object(plant, "Mill")
    receiver = await machine.add_object(index, "JobOrderReceiver")
    provider = await machine.add_object(index, "JobResponseProvider")
    entry, one_state = types["ISA95JobOrderAndStateDataType"], types["ISA95StateDataType"]
    job_list = await receiver.add_variable(
        index,
        "JobOrderList",
        [],
        ua.VariantType.ExtensionObject,
        datatype=entry.data_type,
    )

    def state_of(job_id: str) -> list[Any]:
        text = machines.states[job_id]
        return [one_state(StateText=ua.LocalizedText(text), StateNumber=NUMBERS[text])]

    async def take(order: Any, state: str) -> int:
        if machines.answer_after is not None:
            await machines.answer_after.wait()
        if machines.return_status:
            return machines.return_status
        machines.jobs.append(order)
        machines.states[order.JobOrderID] = state
        entries = [entry(JobOrder=job, State=state_of(job.JobOrderID)) for job in machines.jobs]
        await job_list.write_value(ua.Variant(entries, ua.VariantType.ExtensionObject))
        return 0

    @uamethod
    async def store_and_start(parent: ua.NodeId, order: Any, comment: Any) -> int:
        return await take(order, "Running")

    @uamethod
    async def store(parent: ua.NodeId, order: Any, comment: Any) -> int:
        return await take(order, "NotAllowedToStart")

    @uamethod
    async def start(parent: ua.NodeId, job_id: str, comment: Any) -> int:
        if machines.states.get(job_id) != "NotAllowedToStart":
            return UNKNOWN_JOB
        machines.states[job_id] = "Running"
        return 0

    @uamethod
    async def response(parent: ua.NodeId, job_id: str) -> Any:
        parameter = types["ISA95ParameterDataType"]
        return types["ISA95JobResponseDataType"](
            JobResponseID=f"R-{job_id}",
            JobOrderID=job_id,
            StartTime=STARTED,
            JobState=state_of(job_id),
            JobResponseData=[parameter(ID="good", Value=ua.Variant(12, ua.VariantType.Int32))],
        )

    await receiver.add_method(index, "StoreAndStart", store_and_start, [], [])
    await receiver.add_method(index, "Store", store, [], [])
    await receiver.add_method(index, "Start", start, [], [])
    await provider.add_method(index, "RequestJobResponseByJobOrderID", response, [], [])


async def _recipe(server: Server, machines: Machines, plant: int) -> None:
    """A plain method with typed arguments, as controllers of all vendors have them."""

    @uamethod
    async def set_recipe(parent: ua.NodeId, number: int, feed: float) -> int:
        machines.recipes.append((number, feed))
        return 0 if feed <= MOST_FEED else TOO_FAST

    drill = await server.nodes.objects.add_object(plant, "Drill")
    kinds = {"number": ua.VariantType.Int16, "feed": ua.VariantType.Double}
    inputs = [_argument(name, kind) for name, kind in kinds.items()]
    outputs = [_argument("error", ua.VariantType.UInt16)]
    await drill.add_method(plant, "SetRecipe", set_recipe, inputs, outputs)


def _argument(name: str, kind: ua.VariantType) -> ua.Argument:
    return ua.Argument(Name=name, DataType=ua.NodeId(ua.Int32(kind.value)), ValueRank=-1)
