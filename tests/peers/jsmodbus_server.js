// An independent Modbus TCP server (jsmodbus) with 20 holding registers, register n holding n.
// A read beyond them gets a shorter answer without any error: a device to be wary of.
// Argument: port. Prints "ready PORT" when it listens.
"use strict";
const net = require("net");
const path = require("path");
const { createRequire } = require("module");
const peers = createRequire(path.join(__dirname, "..", "..", ".peers", "package.json"));
const modbus = peers("jsmodbus");

const REGISTERS = 20;
const holding = Buffer.alloc(2 * REGISTERS);
for (let n = 0; n < REGISTERS; n += 1) holding.writeUInt16BE(n, 2 * n);
const listener = new net.Server();
const server = new modbus.server.TCP(listener, { holding });
server.on("error", () => {});
listener.listen(Number(process.argv[2] || 0), "127.0.0.1", () => console.log(`ready ${listener.address().port}`));
process.stdin.on("end", () => process.exit(0)).resume();
