import type { Clock } from "@fleet/runtime";

/** How an endpoint is described. */
export interface DescribedEndpoint {
  readonly name: string;
  readonly subject: string;
  readonly queue: string | undefined;
}

export interface ServiceRecordParts {
  readonly name: string;
  readonly id: string;
  readonly version: string;
  readonly description: string;
  readonly endpoints: readonly DescribedEndpoint[];
  readonly clock: Clock;
}

/** What a service tells of itself. */
export interface ServiceRecord {
  /** It answers from now on. */
  start(): void;
  /** Notes a request that was answered, with what went wrong if something did. */
  count(endpoint: string, durationMs: number, failure?: string): void;
  /** The answer to `$SRV.PING`, `$SRV.INFO` or `$SRV.STATS`, as ADR-32 has it: times are in nanoseconds. */
  tell(verb: "PING" | "INFO" | "STATS"): Readonly<Record<string, unknown>>;
}

interface Tally {
  requests: number;
  failures: number;
  lastFailure: string;
  durationMs: number;
}

/** Creates the record of a service that has not been asked anything yet. */
export function createServiceRecord(parts: ServiceRecordParts): ServiceRecord {
  const { name, id, version, description, endpoints, clock } = parts;
  const tallies = new Map<string, Tally>(
    endpoints.map((endpoint) => [endpoint.name, { requests: 0, failures: 0, lastFailure: "", durationMs: 0 }]),
  );
  let startedAt = clock.wallMs();
  const identity = { name, id, version, metadata: {} };
  const described = ({ name: endpoint, subject, queue }: DescribedEndpoint) => ({
    name: endpoint,
    subject,
    queue_group: queue ?? "",
  });
  const measured = (endpoint: DescribedEndpoint) => {
    const { requests, failures, lastFailure, durationMs } = tallies.get(endpoint.name) as Tally;
    return {
      ...described(endpoint),
      num_requests: requests,
      num_errors: failures,
      last_error: lastFailure,
      processing_time: nanoseconds(durationMs),
      average_processing_time: nanoseconds(requests === 0 ? 0 : durationMs / requests),
    };
  };

  return {
    start() {
      startedAt = clock.wallMs();
    },
    count(endpoint, durationMs, failure) {
      const tally = tallies.get(endpoint);
      if (!tally) return;
      tally.requests += 1;
      tally.durationMs += durationMs;
      if (failure === undefined) return;
      tally.failures += 1;
      tally.lastFailure = failure;
    },
    tell(verb) {
      const type = `io.nats.micro.v1.${verb.toLowerCase()}_response`;
      switch (verb) {
        case "PING":
          return { type, ...identity };
        case "INFO":
          return {
            type,
            ...identity,
            description,
            endpoints: endpoints.map((endpoint) => ({ ...described(endpoint), metadata: {} })),
          };
        case "STATS":
          return { type, ...identity, started: new Date(startedAt).toISOString(), endpoints: endpoints.map(measured) };
      }
    },
  };
}

function nanoseconds(durationMs: number): number {
  return Math.round(durationMs * 1e6);
}
