// An OPC UA server (node-opcua) with many Doubles that all change once a second. Prints the port.
// Arguments: number of variables.
"use strict";
const os = require("os");
const fs = require("fs");
const path = require("path");
const { createRequire } = require("module");
const peers = createRequire(path.join(__dirname, "..", "..", ".peers", "package.json"));
const { OPCUAServer, OPCUACertificateManager, Variant, DataType } = peers("node-opcua");

async function main() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "node-opcua-"));
  process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
  process.on("SIGTERM", () => process.exit(0));
  const manager = new OPCUACertificateManager({ rootFolder: folder, automaticallyAcceptUnknownCertificate: true });
  const server = new OPCUAServer({ hostname: "127.0.0.1", host: "127.0.0.1", port: 0, serverCertificateManager: manager });
  await server.initialize();
  const ns = server.engine.addressSpace.registerNamespace("urn:bench");
  const folderNode = ns.addFolder("ObjectsFolder", { browseName: "Values" });
  const variables = Array.from({ length: Number(process.argv[2]) }, (_, i) =>
    ns.addVariable({ componentOf: folderNode, nodeId: `s=v${i}`, browseName: `v${i}`, dataType: "Double", minimumSamplingInterval: 100 }));
  let turn = 0;
  const change = () => {
    turn++;
    variables.forEach((variable, i) => variable.setValueFromSource({ dataType: DataType.Double, value: turn + i / 10000 }));
  };
  change();
  setInterval(change, 1000);
  await server.start();
  const endpoint = new URL(server.endpoints[0].endpointDescriptions()[0].endpointUrl.replace("opc.tcp", "http"));
  console.log(endpoint.port);
}
main().catch((error) => { console.error(error); process.exit(1); });
