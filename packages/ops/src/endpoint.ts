import type { IncomingHttpHeaders } from "node:http";
import type { Area } from "./access.ts";
import type { Answer } from "./answer.ts";

/** What an endpoint is told of a request. */
export interface EndpointRequest {
  readonly headers: IncomingHttpHeaders;
  /** Values of the query; a list where one is given more than once. */
  readonly query: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The parts of the path that the route names. */
  readonly params: Readonly<Record<string, string | undefined>>;
}

/** Something the operations server answers to, by GET and HEAD and maybe by POST. */
export interface Endpoint {
  /** As `find-my-way` has it: `/readyz/:check(.+)`. */
  readonly route: string;
  /** As shown to people. @default the route */
  readonly path?: string;
  /** Whose permission it takes. @default everyone may ask */
  readonly area?: Area;
  get(request: EndpointRequest): Answer | Promise<Answer>;
  /** Is given the body. Takes JSON only, which no foreign web page can send without being asked first. */
  post?(body: string): Answer | Promise<Answer>;
}
