export { type ConnectionTwin, createConnectionTwin } from "./connection-twin.ts";
export { createMessagingTwin, type MessagingTwin } from "./messaging-twin.ts";
export { createListedPeel } from "./listed-peel.ts";
