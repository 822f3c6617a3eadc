import { aborted, type Clock, invariant, type Logger, messageOf, type Service } from "@fleet/runtime";
import type { Connection } from "./connection.ts";
import type { Message } from "./message.ts";
import { createServiceRecord } from "./service-record.ts";

/** What one subject of a service does. */
export interface MicroServiceEndpoint {
  /** As the service's own description lists it. */
  readonly name: string;
  readonly subject: string;
  /** Whether a request goes to one of the service's processes, whichever is first, or to every one. @default true */
  readonly balanced?: boolean;
  /** Answers a request; `undefined`: it is another process that answers this one. */
  answer(payload: Uint8Array): Promise<Uint8Array | undefined>;
}

export interface MicroServiceParts {
  readonly connection: Connection;
  /** Letters, digits, `_` and `-`. */
  readonly name: string;
  /** Of this process among those of the service; no `.` in it. */
  readonly id: string;
  /** A semantic version. */
  readonly version: string;
  readonly description: string;
  readonly endpoints: readonly MicroServiceEndpoint[];
  /** The code, as of HTTP, for what an endpoint failed with. */
  readonly codeOf: (error: unknown) => number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What a service answered instead of a result. */
export interface ServiceFault {
  readonly code: number;
  readonly message: string;
}

const QUEUE = "q";
const HEADER_FAULT = "Nats-Service-Error";
const HEADER_FAULT_CODE = "Nats-Service-Error-Code";
const LONGEST_FAULT = 256;
const NOTHING = new Uint8Array();
const NAME = /^[a-zA-Z0-9_-]+$/;
const encoder = new TextEncoder();

/**
 * Creates a NATS service (ADR-32): requests on its endpoints' subjects, load-balanced among its processes, and `$SRV.PING`,
 * `$SRV.INFO` and `$SRV.STATS`, by which tools find it and see what it does. It lives on every connection that is made,
 * which the client's own framework, bound to one, does not.
 */
export function createMicroService(parts: MicroServiceParts): Service {
  const { connection, name, id, endpoints, codeOf, clock, logger } = parts;
  invariant(NAME.test(name), `${JSON.stringify(name)} is the name of a service`);
  const queueOf = ({ balanced = true }: MicroServiceEndpoint) => (balanced ? QUEUE : undefined);
  const record = createServiceRecord({
    ...parts,
    endpoints: endpoints.map((endpoint) => ({
      name: endpoint.name,
      subject: endpoint.subject,
      queue: queueOf(endpoint),
    })),
  });

  const send = (reply: string, payload: Uint8Array, headers?: Record<string, string>) => {
    // Who asked has no answer then, and asks again.
    if (connection.state === "connected") connection.publish(reply, payload, headers && { headers });
  };

  const serve = async (endpoint: MicroServiceEndpoint, { payload, reply }: Message) => {
    const startedMono = clock.monoMs();
    try {
      const answer = await endpoint.answer(payload);
      if (!answer) return;
      record.count(endpoint.name, clock.monoMs() - startedMono);
      if (reply) send(reply, answer);
    } catch (error) {
      const message = oneLine(messageOf(error));
      record.count(endpoint.name, clock.monoMs() - startedMono, message);
      logger.debug("a request failed", { service: name, endpoint: endpoint.name, error: message });
      if (reply) send(reply, NOTHING, { [HEADER_FAULT]: message, [HEADER_FAULT_CODE]: String(codeOf(error)) });
    }
  };

  return {
    name,
    async run(signal) {
      const underWay = new Set<Promise<void>>();
      const served = endpoints.map((endpoint) => {
        const queue = queueOf(endpoint);
        const onRequest = (message: Message) => {
          const serving = serve(endpoint, message).finally(() => underWay.delete(serving));
          underWay.add(serving);
        };
        return connection.subscribe(endpoint.subject, onRequest, queue === undefined ? {} : { queue });
      });
      record.start();
      const told = (["PING", "INFO", "STATS"] as const).flatMap((verb) =>
        [`$SRV.${verb}`, `$SRV.${verb}.${name}`, `$SRV.${verb}.${name}.${id}`].map((subject) =>
          connection.subscribe(subject, ({ reply }) => {
            if (reply) send(reply, encoder.encode(JSON.stringify(record.tell(verb))));
          }),
        ),
      );
      await aborted(signal);
      for (const subscription of [...served, ...told]) subscription.close();
      await Promise.all(underWay);
    },
  };
}

/** The fault in a service's reply; `undefined` where it is a result. */
export function serviceFaultOf(reply: Message): ServiceFault | undefined {
  const code = reply.header(HEADER_FAULT_CODE);
  if (code === undefined) return undefined;
  return { code: Number(code) || 500, message: reply.header(HEADER_FAULT) ?? "the service failed" };
}

/** What can stand in a header. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").slice(0, LONGEST_FAULT) || "failed";
}
