// Every reason of a link or a value that connectors give, in plain words, and what to do about it.
import { _ } from "./i18n.js";

const power = () => _("Check cabinet power and cable, then call maintenance.");
const allow = () => _("Allow this collector in the device, then it connects by itself.");
const trust = () => _("Approve the certificate on both sides: look at its fingerprint first.");
const field = () => _("Open the source and correct the named field.");
const manual = () => _("Compare the address with the manual; if the manual counts from 1, set the address base to 1.");
const serial = () => _("Check that the adapter is plugged in and that no other program uses the port.");
const wait = () => _("Wait; the collector goes on trying by itself.");
const support = () => _("Download the diagnostics file and send it to support.");
const type = () => _("Check type, order and length of the tag; look at the registers in all orders.");

const TABLE = {
  host_not_found: [() => _("The host name is not known."), () => _("Check the host name or address of the source.")],
  connection_refused: [() => _("The device is there but refuses connections on this port."), () => _("Check the port, and that the service is switched on in the device.")],
  connect_timeout: [() => _("Nothing answers at this address."), power],
  connect_failed: [() => _("The connection could not be made."), power],
  connection_lost: [() => _("The connection was lost."), power],
  connection_not_accepted: [() => _("The other side did not accept the connection."), allow],
  open_timeout: [() => _("The device did not answer in time."), power],
  read_timeout: [() => _("The device did not answer in time."), power],
  no_answer: [() => _("The device did not answer in time."), power],
  no_reply: [() => _("The unit does not answer; the link itself stands."), () => _("Check the unit number and the wiring behind the gateway.")],
  late_replies: [() => _("The unit gives replies that fit no request."), () => _("Make the time-out longer, and look for a second master on the line.")],
  bad_checksum: [() => _("Replies arrive damaged."), () => _("Check shield, termination, baud rate and parity of the line.")],
  short_reply: [() => _("The reply is too short."), type],
  long_reply: [() => _("The reply is too long."), type],
  protocol_error: [() => _("Something other than this protocol answers."), () => _("Check protocol and port.")],
  device_busy: [() => _("The device says that it is busy."), wait],
  server_busy: [() => _("The server says that it is busy."), wait],
  server_silent: [() => _("The server fell silent."), power],
  subscription_ended: [() => _("The server ended the subscription."), wait],
  notifications_lost: [() => _("Notifications of the server were lost."), () => _("Make the publishing period longer or the queue larger.")],
  illegal_function: [() => _("The device does not know this function."), () => _("Choose another table.")],
  illegal_address: [() => _("The device does not know this address."), manual],
  illegal_value: [() => _("The device does not accept the amount that was asked for."), () => _("Make the largest read of the source smaller.")],
  device_failure: [() => _("The device reports a fault of its own."), () => _("Look at the device; call maintenance.")],
  device_dead: [() => _("The device behind the gateway is gone."), power],
  gateway_path_unavailable: [() => _("The gateway has no way to the unit."), () => _("Check the unit number and the wiring behind the gateway.")],
  memory_parity_error: [() => _("The device reports a memory error."), () => _("Look at the device; call maintenance.")],
  node_missing: [() => _("The node is not in the server."), () => _("Browse the server and choose the node again.")],
  path_not_found: [() => _("The browse path is not in the server."), () => _("Browse the server and choose the node again.")],
  namespace_unknown: [() => _("The namespace is not in the server."), () => _("Browse the server and choose the node again.")],
  node_not_born: [() => _("The edge node has not announced itself yet."), wait],
  node_dead: [() => _("The edge node has said goodbye."), power],
  metric_not_in_birth: [() => _("The metric was not announced by the device."), field],
  no_message_yet: [() => _("No message has arrived on this topic yet."), () => _("Check the topic, and that the sender is running.")],
  topic_refused: [() => _("The broker does not let us read this topic."), allow],
  sequence_gap: [() => _("Messages of the edge node are missing."), wait],
  certificate_not_trusted: [() => _("The certificate of the server is not approved."), trust],
  certificate_expired: [() => _("A certificate has expired."), () => _("Have a new certificate made and approve it.")],
  certificate_refused_by_server: [() => _("The server does not trust our certificate."), trust],
  certificate_too_weak: [() => _("The certificate of the server is too weak."), () => _("Have a new certificate made and approve it.")],
  certificate_unusable: [() => _("The certificate cannot be used."), () => _("Have a new certificate made and approve it.")],
  certificate_not_writable: [() => _("The collector cannot store its certificate."), () => _("Give the collector the right to write its data folder.")],
  security_not_offered: [() => _("The server does not offer this security."), () => _("Choose a security policy and mode that the server offers.")],
  server_signature_wrong: [() => _("The signature of the server is wrong."), support],
  tls_failed: [() => _("The encrypted connection could not be made."), () => _("Check port and certificates; a plain port takes no TLS.")],
  sign_in_refused: [() => _("User or password is refused."), () => _("Check user, password or certificate, and the rights of that user.")],
  sign_in_unreadable: [() => _("The secret for the sign-in cannot be read."), () => _("Put the secret where the source says, on the collector's box.")],
  secret_missing: [() => _("The secret is not on the collector's box."), () => _("Put the secret where the source says, on the collector's box.")],
  reference_not_allowed: [() => _("A page may not name this file or variable."), () => _("Use env:MES_SECRET_NAME or a file in the folder secrets of the collector.")],
  serial_port_missing: [() => _("The serial port is not there."), serial],
  serial_port_denied: [() => _("The collector may not use the serial port."), () => _("Give the collector the right to use the serial port.")],
  serial_port_busy: [() => _("Another program uses the serial port."), serial],
  serial_port_failed: [() => _("The serial port failed."), serial],
  serial_settings_not_possible: [() => _("The serial port does not take these settings."), field],
  link_settings_differ: [() => _("Two sources describe the same link differently."), field],
  tag_unknown: [() => _("There is no such tag."), field],
  unknown_tag: [() => _("There is no such tag."), field],
  not_a_number: [() => _("What was read is no number."), type],
  invalid_bcd: [() => _("What was read is no BCD number."), type],
  invalid_text: [() => _("What was read is no text."), type],
  file_unreadable: [() => _("The file cannot be read."), () => _("Check path and rights of the file.")],
  edge_down: [() => _("The collector did not run."), () => _("Start the collector again on its box: mes edge")],
  edge_paused: [() => _("The collector stood still for a while."), () => _("Look whether its box was asleep or overloaded.")],
  spool_full: [() => _("The collector had no room left while the server was away."), () => _("Bring the server back sooner, or give the collector more room.")],
  not_kept_by_source: [() => _("The device keeps a history, but none of this tag."), () => _("Nothing is to be done; gaps stay marked.")],
  history_not_available: [() => _("The server keeps no history."), () => _("Nothing is to be done; gaps stay marked.")],
  connector_broken: [() => _("The connector cannot be loaded."), support],
  connector_fault: [() => _("The connector has a fault."), support],
  protocol_not_available: [() => _("No connector for this protocol is installed on the collector."), () => _("Install the connector on the collector's box.")],
  configuration_malformed: [() => _("The configuration cannot be used."), field],
  source_target_taken: [() => _("Another source reads this device already."), () => _("Add the tags to that source.")],
  edge_not_listening: [() => _("The collector process does not report."), () => _("Start the collector again on its box: mes edge")],
  edge_no_answer: [() => _("The collector gave no answer in time."), () => _("Look at the device before you repeat it.")],
};

/** {text, help} of a code; null when nothing is known of it. */
export function adviceOn(code) {
  const found = Object.hasOwn(TABLE, code ?? "") ? TABLE[code] : null;
  return found && { text: found[0](), help: found[1]() };
}

/** Codes with words, for the test that none is forgotten. */
export const knownReasons = () => Object.keys(TABLE);
