export { type ConnectionTwin, createConnectionTwin } from "./connection-twin.ts";
