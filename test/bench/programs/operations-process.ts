// A process that the benchmark of the operations server measures.
import { createServer } from "node:http";
import { setFlagsFromString } from "node:v8";
import { createLogger, systemClock } from "@fleet/runtime";
import { givenOptions } from "../apart.ts";
import { memoryInUse } from "./heap.ts";

/** What the process is to be. */
export interface OperationsProcessOptions {
  /**
   * `without`: what a peel has loaded besides the operations server; `bare`: that and the least HTTP server there is;
   * `server`: that and the operations server.
   */
  readonly contents: "without" | "bare" | "server";
  /** Flags of V8, set where a peel sets them. */
  readonly flags: readonly string[];
}

/** What the process is asked: what it uses, or what it still uses when garbage has been collected. */
export type UsageQuestion = "now" | "at rest";

/** What the process answers to each question. */
export interface Usage {
  readonly port: number;
  readonly rssBytes: number;
  /** On the heap of V8. Grows by what is allocated until garbage is collected. */
  readonly heapBytes: number;
  /** User and system time since the start, in microseconds. */
  readonly cpuUs: number;
}

const WORK_OBJECTS = 400_000;
const WORK_KEPT = 1_000;
const READY = '{"status":"ok","checks":{"nats":{"status":"ok"},"kv":{"status":"ok"}},"version":"v1","uptime":"1m0s"}';

async function open(contents: OperationsProcessOptions["contents"]): Promise<number> {
  await import("@fleet/presence/peel");
  const logger = createLogger({ level: "error", base: {} }, { write() {} });
  if (contents === "without") return 0;
  if (contents === "bare") {
    const server = createServer((_, response) => {
      response.setHeader("Content-Type", "application/json");
      response.end(READY);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }
  const { createMetrics, createOperationsServer, createReadiness } = await import("@fleet/ops");
  const clock = systemClock;
  const checks = ["nats", "kv"].map((name) => ({ name, run: async () => ({ status: "ok" }) as const }));
  const server = createOperationsServer({
    config: {
      healthAddr: { host: "127.0.0.1", port: 0 },
      healthDetails: true,
      livenessNatsGraceMs: undefined,
      metricsBearer: undefined,
      metricsInsecure: false,
    },
    readiness: createReadiness({ component: "peel", version: "v1", clock, checks }),
    metrics: createMetrics({ component: "peel", version: "v1" }),
    connection: { state: "connected", onState: () => () => {} },
    identity: {},
    clock,
    logger,
  });
  void server.run(new AbortController().signal);
  await server.ready;
  return server.address?.port ?? 0;
}

const { contents, flags } = givenOptions<OperationsProcessOptions>();
for (const flag of flags) setFlagsFromString(flag);
const port = await open(contents);

/** V8 gives back what a start took only when it goes on working: without that, a process that does more uses less. */
function work(): void {
  let kept: object[] = [];
  for (let each = 0; each < WORK_OBJECTS; each += 1) {
    kept.push({ each, all: [each] });
    if (kept.length === WORK_KEPT) kept = [];
  }
}

function report(question: UsageQuestion): void {
  if (question === "at rest") {
    work();
    memoryInUse();
  }
  const { user, system } = process.cpuUsage();
  const { rss: rssBytes, heapUsed: heapBytes } = process.memoryUsage();
  process.send?.({ port, rssBytes, heapBytes, cpuUs: user + system } satisfies Usage);
}

process.on("message", report);
process.on("disconnect", () => process.exit());
report("now");
