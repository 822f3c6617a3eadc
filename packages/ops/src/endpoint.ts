import type { Context } from "hono";
import type { Area } from "./access.ts";

/** Something the operations server answers to, by GET and HEAD and maybe by POST. */
export interface Endpoint {
  /** As routed: `/readyz/:check`. */
  readonly route: string;
  /** As shown to people. @default the route */
  readonly path?: string;
  /** Whose permission it takes. @default everyone may ask */
  readonly area?: Area;
  get(context: Context): Response | Promise<Response>;
  /** Takes JSON only, which no foreign web page can send without being asked first. */
  post?(context: Context): Response | Promise<Response>;
}
