// An independent Modbus TCP server (modbus-serial). Prints "ready PORT" when it listens.
// Argument: port, 0 for any. Every table is filled by a rule the test knows.
"use strict";
const path = require("path");
const { createRequire } = require("module");
const peers = createRequire(path.join(__dirname, "..", "..", ".peers", "package.json"));
const { ServerTCP } = peers("modbus-serial");

const holding = new Map();
const float = Buffer.alloc(8);
float.writeFloatBE(230.5, 0);
float.writeDoubleBE(-12.25, 0);
const words = (buffer) => Array.from({ length: buffer.length / 2 }, (_, i) => buffer.readUInt16BE(2 * i));
const set = (address, buffer) => words(buffer).forEach((word, i) => holding.set(address + i, word));
const of = (length, write) => { const b = Buffer.alloc(length); write(b); return b; };

set(0, of(2, (b) => b.writeUInt16BE(65535)));
set(1, of(2, (b) => b.writeInt16BE(-5)));
set(2, of(4, (b) => b.writeUInt32BE(4000000000)));
set(4, of(4, (b) => b.writeInt32BE(-70000)));
set(6, of(4, (b) => b.writeFloatBE(230.5)));
set(8, of(8, (b) => b.writeDoubleBE(-12.25)));
set(12, of(8, (b) => b.writeBigUInt64BE(9007199254740993n)));
set(16, of(8, (b) => b.write("PRESS-1")));
set(20, of(4, (b) => b.writeUInt32BE(0x12345678)));

const vector = {
  getHoldingRegister: (address) => holding.get(address) ?? 0,
  getInputRegister: (address) => 1000 + address,
  getCoil: (address) => address % 3 === 0,
  getDiscreteInput: (address) => address % 2 === 0,
};
const server = new ServerTCP(vector, { host: "127.0.0.1", port: Number(process.argv[2] || 0), unitID: 1 });
server.on("initialized", () => console.log(`ready ${server._server.address().port}`));
server.on("socketError", () => {});
process.stdin.on("end", () => process.exit(0)).resume();
