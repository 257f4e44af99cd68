// An independent OPC UA server (node-opcua). Prints "ready PORT" when it serves.
// Arguments: port, 0 for any; number of further namespaces registered before ours; options (JSON):
// folder: where the server keeps its certificate (another folder is another certificate);
// accept: whether certificates of unknown clients are accepted (default true);
// user, password: the only user that is let in (default everybody, also without a name).
"use strict";
const os = require("os");
const fs = require("fs");
const path = require("path");
const { createRequire } = require("module");
const peers = createRequire(path.join(__dirname, "..", "..", ".peers", "package.json"));
const { OPCUAServer, OPCUACertificateManager, Variant, DataType, StatusCodes, DataValue } = peers("node-opcua");

async function main() {
  const options = JSON.parse(process.argv[4] || "{}");
  const folder = options.folder || fs.mkdtempSync(path.join(os.tmpdir(), "node-opcua-"));
  if (!options.folder) process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
  const accept = options.accept ?? true;
  const manager = new OPCUACertificateManager({ rootFolder: folder, automaticallyAcceptUnknownCertificate: accept });
  const users = options.user && { isValidUser: (user, password) => user === options.user && password === options.password };
  const server = new OPCUAServer({
    ...(users ? { userManager: users, allowAnonymous: false } : {}),
    userCertificateManager: new OPCUACertificateManager({ rootFolder: path.join(folder, "users"), automaticallyAcceptUnknownCertificate: accept }),
    hostname: "127.0.0.1",
    host: "127.0.0.1",
    port: Number(process.argv[2] || 0),
    serverCertificateManager: manager,
    buildInfo: { productName: "peer" },
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  for (let i = 0; i < Number(process.argv[3] || 0); i++) space.registerNamespace(`urn:peer:other${i}`);
  const ns = space.registerNamespace("urn:demo:cnc");
  const folderNode = ns.addFolder("ObjectsFolder", { browseName: "Cnc1" });
  let parts = 100;
  const add = (name, dataType, get) =>
    ns.addVariable({ componentOf: folderNode, nodeId: `s=Cnc1.${name}`, browseName: name, dataType, minimumSamplingInterval: 50, accessLevel: "CurrentRead", userAccessLevel: "CurrentRead", value: { refreshFunc: undefined, get } });
  add("State", "Int32", () => new Variant({ dataType: DataType.Int32, value: 2 }));
  add("Load", "Double", () => new Variant({ dataType: DataType.Double, value: 41.5 }));
  add("Program", "String", () => new Variant({ dataType: DataType.String, value: "O1000" }));
  add("Door", "Boolean", () => new Variant({ dataType: DataType.Boolean, value: true }));
  ns.addVariable({
    componentOf: folderNode, nodeId: "s=Cnc1.Broken", browseName: "Broken", dataType: "Double", minimumSamplingInterval: 50,
    value: { timestamped_get: () => new DataValue({ statusCode: StatusCodes.BadSensorFailure, sourceTimestamp: new Date(), value: new Variant({ dataType: DataType.Null }) }) },
  });
  let target = 0;
  ns.addVariable({
    componentOf: folderNode, nodeId: "s=Cnc1.Target", browseName: "Target", dataType: "UInt16", minimumSamplingInterval: 50,
    value: {
      timestamped_get: () => new DataValue({ sourceTimestamp: new Date(), value: new Variant({ dataType: DataType.UInt16, value: target }) }),
      timestamped_set: async (given) => {
        target = given.value.value;
        return StatusCodes.Good;
      },
    },
  });
  const counter = ns.addVariable({ componentOf: folderNode, nodeId: "s=Cnc1.Parts", browseName: "Parts", dataType: "UInt32", minimumSamplingInterval: 50 });
  const count = () => counter.setValueFromSource(new Variant({ dataType: DataType.UInt32, value: parts++ }));
  count();
  setInterval(count, 150);
  await server.start();
  const endpoint = new URL(server.endpoints[0].endpointDescriptions()[0].endpointUrl.replace("opc.tcp", "http"));
  console.log(`ready ${endpoint.port}`);
  process.stdin.on("end", () => process.exit(0)).resume();
}
main().catch((error) => { console.error(error); process.exit(1); });
