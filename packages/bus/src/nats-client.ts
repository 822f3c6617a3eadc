/*
 * All that is used of the NATS client but its types. The path has what the library's door has, and what own transports need: through both,
 * Node.js reads each of its files twice, 8 ms of every start.
 */
export {
  createInbox,
  credsAuthenticator,
  headers,
  NatsConnectionImpl,
  NatsError,
  setTransportFactory,
} from "nats/lib/nats-base-client/internal_mod.js";
export { NodeTransport } from "nats/lib/src/node_transport.js";
