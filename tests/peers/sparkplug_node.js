// An edge node of Sparkplug B by Eclipse Tahu, driven by lines of JSON on standard input.
//   node sparkplug_node.js PORT
//   {"do": "connect"}                       connects and publishes its birth, then its device"s
//   {"do": "data", "metrics": [...]}        metrics of the node
//   {"do": "device", "metrics": [...]}      metrics of the device "press"
//   {"do": "device-death"} {"do": "stop"}   a death by intention; killing the process is the other
// It answers each line with "ready", and prints "rebirth" when a host has asked for one.
"use strict";
const path = require("path");
const readline = require("readline");
const { createRequire } = require("module");
const peers = createRequire(path.join(__dirname, "..", "..", ".peers", "package.json"));
const SparkplugClient = peers("sparkplug-client");

const now = () => Date.now();
const births = {
  node: [
    {name: "Temperature", type: "Double", value: 21.5, alias: 1},
    {name: "Count", type: "Int32", value: -5, alias: 2},
  ],
  device: [
    {name: "Strokes", type: "UInt64", value: 7, alias: 10},
    {name: "Running", type: "Boolean", value: true, alias: 11},
    {name: "Order", type: "String", value: "WO-1", alias: 12},
  ],
};
let client;

function birth() {
  client.publishNodeBirth({timestamp: now(), metrics: [
    ...births.node, {name: "Node Control/Rebirth", type: "Boolean", value: false},
  ]});
  client.publishDeviceBirth("press", {timestamp: now(), metrics: births.device});
}

function connect(done) {
  client = SparkplugClient.newClient({
    serverUrl: `tcp://127.0.0.1:${process.argv[2]}`, username: "edge", password: process.env.EDGE_PASSWORD || "edge",
    groupId: "Busan", edgeNode: "cell-1", clientId: `tahu-${process.pid}`,
    version: "spBv1.0", publishDeath: true,
  });
  client.on("birth", () => { birth(); done(); });
  client.on("ncmd", (payload) => {
    if (payload.metrics.some((metric) => metric.name === "Node Control/Rebirth" && metric.value)) {
      console.log("rebirth");
      birth();
    }
  });
}

const actions = {
  connect: (_, done) => connect(done),
  data: (line, done) => { client.publishNodeData({timestamp: now(), metrics: line.metrics}); done(); },
  device: (line, done) => {
    client.publishDeviceData("press", {timestamp: now(), metrics: line.metrics});
    done();
  },
  "device-death": (_, done) => { client.publishDeviceDeath("press", {timestamp: now()}); done(); },
  stop: (_, done) => { client.stop(); done(); },
};

readline.createInterface({input: process.stdin}).on("line", (text) => {
  const line = JSON.parse(text);
  actions[line.do](line, () => console.log("ready"));
});
console.log(`ready ${process.argv[2]}`);
