// An independent OPC UA server (node-opcua) whose every value says which tag of which device it is,
// and when. Prints "ready PORT" when it serves.
// Arguments: port; options (JSON): folder for its certificate; device, tags; tick_s, tick_count,
// every_ms; the plant clock as anchor_us, monotonic_ns and speed, in which values are stamped.
"use strict";
const path = require("path");
const { createRequire } = require("module");
const peers = createRequire(path.join(__dirname, "..", "..", ".peers", "package.json"));
const { OPCUAServer, OPCUACertificateManager, Variant, DataType, StatusCodes } = peers("node-opcua");

const DEVICE_SHIFT = 2 ** 28;
const TAG_SHIFT = 2 ** 24;

async function main() {
  const options = JSON.parse(process.argv[3]);
  const server = new OPCUAServer({
    hostname: "127.0.0.1",
    host: "127.0.0.1",
    port: Number(process.argv[2]),
    serverCertificateManager: new OPCUACertificateManager({ rootFolder: options.folder, automaticallyAcceptUnknownCertificate: true }),
    buildInfo: { productName: "ticking peer" },
  });
  await server.initialize();
  const namespace = server.engine.addressSpace.registerNamespace("urn:demo:day");
  const variables = [];
  for (let tag = 0; tag < options.tags; tag++)
    variables.push(namespace.addVariable({ organizedBy: "ObjectsFolder", nodeId: `s=t${tag}`, browseName: `t${tag}`, dataType: "UInt32", minimumSamplingInterval: 50 }));
  function tell() {
    const monotonicNs = Number(process.hrtime.bigint());
    const tick = Math.floor(monotonicNs / 1e9 / options.tick_s) % options.tick_count;
    const plantUs = options.anchor_us + ((monotonicNs - options.monotonic_ns) * options.speed) / 1000;
    const at = new Date(plantUs / 1000);
    variables.forEach((variable, tag) => {
      const value = options.device * DEVICE_SHIFT + tag * TAG_SHIFT + tick;
      variable.setValueFromSource(new Variant({ dataType: DataType.UInt32, value }), StatusCodes.Good, at);
    });
  }
  tell();
  setInterval(tell, options.every_ms);
  await server.start();
  console.log(`ready ${process.argv[2]}`);
  process.stdin.on("end", () => process.exit(0)).resume();
}
main().catch((error) => { console.error(error); process.exit(1); });
