// A small MQTT 5 broker on the codec of mqtt-packet: one level of retained messages, no wildcards
// but "#". Prints "ready PORT" when it listens. It refuses every client that does not speak 5.
"use strict";
const net = require("net");
const path = require("path");
const { createRequire } = require("module");
const peers = createRequire(path.join(__dirname, "..", "..", ".peers", "package.json"));
const mqttConnection = peers("mqtt-connection");

const NOT_AUTHORIZED = 0x87;
const UNSUPPORTED_VERSION = 0x84;
const subscribers = new Map();
const retained = new Map();

function serve(stream) {
  const client = mqttConnection(stream, { protocolVersion: 5 });
  const leave = () => { subscribers.delete(client); stream.destroy(); };
  client.on("connect", (packet) => {
    if (packet.protocolVersion !== 5) {
      client.connack({ reasonCode: UNSUPPORTED_VERSION });
    } else if (packet.username === "stranger") {
      client.connack({ reasonCode: NOT_AUTHORIZED, properties: { reasonString: "not for you" } });
    } else {
      client.connack({ reasonCode: 0, properties: { serverKeepAlive: 30 } });
    }
  });
  client.on("subscribe", (packet) => {
    const topics = packet.subscriptions.map((each) => each.topic);
    const granted = topics.map((topic) => (topic === "forbidden" ? NOT_AUTHORIZED : 1));
    subscribers.set(client, topics);
    client.suback({ messageId: packet.messageId, granted });
    for (const [topic, payload] of retained) {
      if (matches(topics, topic)) client.publish({ topic, payload, retain: true, qos: 0 });
    }
  });
  client.on("publish", (packet) => {
    if (packet.qos > 0) client.puback({ messageId: packet.messageId });
    if (packet.retain) retained.set(packet.topic, packet.payload);
    for (const [other, topics] of subscribers) {
      if (matches(topics, packet.topic)) {
        const properties = { contentType: "application/json", userProperties: { from: "peer" } };
        other.publish({ topic: packet.topic, payload: packet.payload, qos: 0, properties });
      }
    }
  });
  client.on("pingreq", () => client.pingresp());
  for (const event of ["disconnect", "close", "error"]) client.on(event, leave);
}

function matches(topics, topic) {
  return topics.some((each) => each === topic || each === "#");
}

const server = net.createServer(serve);
server.listen(Number(process.argv[2]), "127.0.0.1", () => {
  console.log(`ready ${server.address().port}`);
});
