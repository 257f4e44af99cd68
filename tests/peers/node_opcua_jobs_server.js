// An independent OPC UA server (node-opcua) with the published types of ISA-95 job control 2.0: the
// machine "Mill" takes jobs, "Drill" has a plain method. Prints "ready PORT" when it serves.
// Argument: port, 0 for any. A quantity of 0 is refused with return status 8.
"use strict";
const os = require("os");
const fs = require("fs");
const path = require("path");
const { createRequire } = require("module");
const peers = createRequire(path.join(__dirname, "..", "..", ".peers", "package.json"));
const { OPCUAServer, OPCUACertificateManager, Variant, DataType, StatusCodes, VariantArrayType, coerceLocalizedText } = peers("node-opcua");

const JOBS = "http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/";
const TYPES = path.join(path.dirname(peers.resolve("node-opcua-nodesets/package.json")), "nodesets");

async function main() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "node-opcua-jobs-"));
  process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
  const manager = (name) => new OPCUACertificateManager({ rootFolder: path.join(folder, name), automaticallyAcceptUnknownCertificate: true });
  const server = new OPCUAServer({
    hostname: "127.0.0.1",
    host: "127.0.0.1",
    port: Number(process.argv[2] || 0),
    serverCertificateManager: manager("own"),
    userCertificateManager: manager("users"),
    nodeset_filename: [path.join(TYPES, "Opc.Ua.NodeSet2.xml"), path.join(TYPES, "opc.ua.isa95-jobcontrol.nodeset2.xml")],
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  const jobsIndex = space.getNamespaceIndex(JOBS);
  const ns = space.registerNamespace("urn:plant:machines");
  const objects = space.rootFolder.objects;
  addMill(space, jobsIndex, ns.addObject({ organizedBy: objects, browseName: "Mill" }));
  addDrill(ns, objects);
  await server.start();
  const endpoint = new URL(server.endpoints[0].endpointDescriptions()[0].endpointUrl.replace("opc.tcp", "http"));
  console.log(`ready ${endpoint.port}`);
  process.stdin.on("end", () => process.exit(0)).resume();
}

function addMill(space, index, mill) {
  const make = (type, browseName, optionals) => space.findObjectType(type, index).instantiate({ browseName: { name: browseName, namespaceIndex: index }, componentOf: mill, optionals });
  const receiver = make("ISA95JobOrderReceiverObjectType", "JobOrderReceiver", ["Store", "StoreAndStart", "Start"]);
  const provider = make("ISA95JobResponseProviderObjectType", "JobResponseProvider", ["RequestJobResponseByJobOrderID"]);
  const structure = (name, fields) => space.constructExtensionObject(space.findDataType(name, index), fields);
  const state = (text, number) => structure("ISA95StateDataType", { stateText: coerceLocalizedText(text), stateNumber: number });
  const jobs = new Map();
  const status = (number) => ({ statusCode: StatusCodes.Good, outputArguments: [new Variant({ arrayType: VariantArrayType.Scalar, dataType: DataType.UInt64, value: [0, number] })] });
  const show = () => receiver.getChildByName("JobOrderList").setValueFromSource({
    dataType: DataType.ExtensionObject,
    arrayType: VariantArrayType.Array,
    value: [...jobs.values()].map((job) => structure("ISA95JobOrderAndStateDataType", { jobOrder: job.order, state: [job.state] })),
  });
  const take = (order, taken) => {
    const [material] = order.materialRequirements ?? [];
    if (!material || material.quantity === "0") return status(8);
    jobs.set(order.jobOrderID, { order, state: taken });
    show();
    return status(0);
  };
  const bind = (owner, name, work) => owner.getMethodByName(name).bindMethod(async (inputs, _context) => work(...inputs.map((each) => each.value)));
  bind(receiver, "StoreAndStart", (order) => take(order, state("Running", 3)));
  bind(receiver, "Store", (order) => take(order, state("NotAllowedToStart", 1)));
  bind(receiver, "Start", (id) => {
    const job = jobs.get(id);
    if (!job) return status(1);
    job.state = state("Running", 3);
    show();
    return status(0);
  });
  bind(provider, "RequestJobResponseByJobOrderID", (id) => {
    const job = jobs.get(id);
    if (!job) return { statusCode: StatusCodes.BadNotFound };
    const made = structure("ISA95ParameterDataType", { ID: "program", value: new Variant({ dataType: DataType.String, value: job.order.jobOrderParameters?.map((each) => `${each.ID}=${each.value.value}`).join() ?? "" }) });
    const fields = { jobResponseID: `R-${id}`, jobOrderID: id, startTime: new Date("2026-03-02T08:00:00Z"), jobState: [job.state], jobResponseData: [made] };
    return { statusCode: StatusCodes.Good, outputArguments: [new Variant({ dataType: DataType.ExtensionObject, value: structure("ISA95JobResponseDataType", fields) }), new Variant({ arrayType: VariantArrayType.Scalar, dataType: DataType.UInt64, value: [0, 0] })] };
  });
}

function addDrill(ns, objects) {
  const drill = ns.addObject({ organizedBy: objects, browseName: "Drill", nodeId: "s=Drill" });
  let calls = 0;
  const counter = ns.addVariable({ componentOf: drill, browseName: "Calls", nodeId: "s=Drill.Calls", dataType: "UInt32", minimumSamplingInterval: 50, value: { get: () => new Variant({ dataType: DataType.UInt32, value: calls }) } });
  const method = ns.addMethod(drill, {
    browseName: "SetRecipe",
    nodeId: "s=Drill.SetRecipe",
    inputArguments: [{ name: "number", dataType: DataType.Int16 }, { name: "feed", dataType: DataType.Double }],
    outputArguments: [{ name: "error", dataType: DataType.UInt16 }],
  });
  method.bindMethod(async (inputs, _context) => {
    calls += 1;
    counter.touchValue();
    const [number, feed] = inputs.map((each) => each.value);
    if (number === 99) await new Promise((done) => setTimeout(done, 60000));
    if (number === 98) return { statusCode: StatusCodes.BadInvalidState };
    return { statusCode: StatusCodes.Good, outputArguments: [new Variant({ dataType: DataType.UInt16, value: feed > 1.5 ? 7 : 0 })] };
  });
}
main().catch((error) => { console.error(error); process.exit(1); });
