export { type ConnectionTwin, createConnectionTwin } from "./connection-twin.ts";
export { createListedPeel } from "./listed-peel.ts";
export { createMessagingTwin, type MessagingTwin } from "./messaging-twin.ts";
export { createViewTwin, type ViewTwin } from "./view-twin.ts";
