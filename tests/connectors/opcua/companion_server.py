"""Small machines that follow companion specifications, on one real server."""

from __future__ import annotations

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
STARTED = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass
class Machines:
    """The variables that a test changes, by a short name, and the jobs that arrived.

    Attributes:
        return_status: what the next job is answered with; 0 takes it.
    """

    variables: dict[str, Node] = field(default_factory=dict)
    jobs: list[Any] = field(default_factory=list)
    return_status: int = 0


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
    count_class: Any = vars(ua)["PackMLCountDataType"]  # it stays known to the library
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
    await new_struct(
        server,
        index,
        "ISA95JobOrderAndStateDataType",
        [field_of("JobOrder", order), field_of("State", state, array=True)],
    )
    await new_struct(
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
    return {name: known for name, known in vars(ua).items() if name.startswith("ISA95")}


async def _job_control(server: Server, machines: Machines, plant: int) -> None:
    index = await server.register_namespace(JOBS)
    types = await _job_types(server, index)
    machine = await server.nodes.objects.add_object(plant, "Mill")
    receiver = await machine.add_object(index, "JobOrderReceiver")
    provider = await machine.add_object(index, "JobResponseProvider")
    running = types["ISA95StateDataType"](StateText=ua.LocalizedText("Running"), StateNumber=3)
    entry = types["ISA95JobOrderAndStateDataType"]
    job_list = await receiver.add_variable(
        index,
        "JobOrderList",
        [],
        ua.VariantType.ExtensionObject,
        datatype=entry.data_type,
    )

    @uamethod
    async def store_and_start(parent: ua.NodeId, order: Any, comment: Any) -> int:
        if machines.return_status:
            return machines.return_status
        machines.jobs.append(order)
        entries = [entry(JobOrder=job, State=[running]) for job in machines.jobs]
        await job_list.write_value(ua.Variant(entries, ua.VariantType.ExtensionObject))
        return 0

    @uamethod
    async def response(parent: ua.NodeId, job_id: str) -> Any:
        parameter = types["ISA95ParameterDataType"]
        return types["ISA95JobResponseDataType"](
            JobResponseID=f"R-{job_id}",
            JobOrderID=job_id,
            StartTime=STARTED,
            JobState=[running],
            JobResponseData=[parameter(ID="good", Value=ua.Variant(12, ua.VariantType.Int32))],
        )

    await receiver.add_method(index, "StoreAndStart", store_and_start, [], [])
    await provider.add_method(index, "RequestJobResponseByJobOrderID", response, [], [])
