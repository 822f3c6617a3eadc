import { Agent, get } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { setUpBucket } from "@fleet/bus";
import { SMALL_HEAP_FLAGS } from "@fleet/cli";
import { eventually } from "@fleet/runtime/testing";
import { factsBucketSpec } from "@fleet/wire";
import { PATIENCE, startFleet } from "../end-to-end/fleet-command.ts";
import { connectSession } from "../integration/bus-session.ts";
import { forkApart, guard, runApart } from "./apart.ts";
import { startBenchBroker } from "./bench-broker.ts";
import type { Benchmark, Budget, Measurement } from "./benchmark.ts";
import { rssMbOf } from "./process-usage.ts";
import type { OperationsProcessOptions, Usage, UsageQuestion } from "./programs/operations-process.ts";
import type { ScrapeAllocation, ScrapeAllocationOptions } from "./programs/scrape-allocation.ts";

type Contents = OperationsProcessOptions["contents"];

const CONNECTIONS = 10;
const PACED_PER_SECOND = 500;
/** Until what the start of a process has left behind is settled. */
const SETTLE_MS = 1_000;
/** Until V8 has found a peel idle, and has given back what its start took. */
const PEEL_SETTLE_MS = 30_000;
/** So large a part of the heap for new objects that what is allocated can be seen: no garbage is collected. */
const NO_COLLECTION = ["--min-semi-space-size=128", "--max-semi-space-size=128"];

const LEAST_SERVER = "the least HTTP server there is";

/** How much is done. */
interface Amounts {
  readonly fullMs: number;
  readonly pacedMs: number;
  readonly scrapes: number;
  readonly peelProbes: number;
  readonly peelScrapes: number;
  readonly peelSettleMs: number;
}

const AMOUNTS: Amounts = {
  fullMs: 3_000,
  pacedMs: 5_000,
  scrapes: 100,
  peelProbes: 10_000,
  peelScrapes: 1_000,
  peelSettleMs: PEEL_SETTLE_MS,
};
const BRIEF: Amounts = { fullMs: 200, pacedMs: 500, scrapes: 10, peelProbes: 100, peelScrapes: 10, peelSettleMs: 200 };

export const operationsBenchmark: Benchmark = {
  name: "operations",
  summary: "readiness probes, scrapes, what they allocate, and the memory of the operations server",
  measures: `Readiness probes a second over ten connections, the CPU of a steady 500 a second, the time of a scrape, and what both allocate on the heap; held against a server of Node.js that answers everything with the same bytes, and against the text of the scrape's own answer. Each metric more, of whatever kind, and each series of it may add no more to what a scrape allocates than its lines in that text, which is made once: 5 % above that are for the rounding of V8. Apart from these, what a scrape allocates for what every process tells of itself, however many metrics there are. The memory that the operations server adds, garbage collected, to a process that has loaded what a peel has, and to that what a real \`fleet peel run\` grows by over ${AMOUNTS.peelProbes.toLocaleString("en-US")} probes and ${AMOUNTS.peelScrapes.toLocaleString("en-US")} scrapes, less what one that nobody asks does meanwhile.`,
  leavesOut:
    "checks that take time of their own: each answers at once. What a process tells of itself is what Node.js and Linux say, which prom-client asks, parses and gives as a promise and objects for each of its own fixed metrics; that is most of a scrape of a peel. A value that is no integer costs the text that V8 makes of it, which is some 40 B, and 16 B until V8 drops the number itself. What the sending of an answer takes. The growth is that of one burst, as fast as it is answered: garbage that V8 has not yet found worth collecting.",
  async run({ brief, note, serverPath }) {
    const amounts = brief ? BRIEF : AMOUNTS;
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    try {
      await using server = await startBenchBroker(serverPath);
      await using session = await connectSession({ urls: [server.url] });
      await setUpBucket(session.connection, factsBucketSpec);
      // They settle while other things are measured: at rest they do nothing but beat.
      await using probed = await startPeel(server.url, "probed");
      await using spared = await startPeel(server.url, "spared");
      const settled = pause(amounts.peelSettleMs);
      const atRest = await measureSpeed(agent, amounts, note);
      const allocated = await measureAllocation(agent, amounts, note);
      note("a peel that is probed and one that is not");
      await settled;
      await eventually(() => request(agent, probed.port, "/readyz"), PATIENCE);
      const grownMb = await growthOf(agent, probed, spared, amounts);
      return [
        ...atRest.measurements,
        ...allocated,
        { what: "memory added at rest", unit: "MB", value: atRest.addedMb, budget: { most: 10 } },
        {
          what: "memory added, with the growth of a peel that is probed and scraped",
          unit: "MB",
          value: atRest.addedMb + grownMb,
          budget: { most: 10 },
        },
      ];
    } finally {
      agent.destroy();
    }
  },
};

interface AtRest {
  readonly measurements: readonly Measurement[];
  readonly addedMb: number;
}

async function measureSpeed(agent: Agent, amounts: Amounts, note: (text: string) => void): Promise<AtRest> {
  await using without = await start("without");
  const { rssBytes: besidesBytes } = await without.usage("at rest");
  const measure = async (contents: Contents) => {
    note(`probes of ${contents === "bare" ? LEAST_SERVER : "the operations server"}`);
    await using measured = await start(contents);
    // Until it is asked or has started, it has not loaded all that it is.
    await request(agent, measured.port, "/readyz");
    const { rssBytes } = await measured.usage("at rest");
    const cpuPercent = await pacedCpu(agent, measured, amounts.pacedMs);
    const perSecond = await fullSpeed(agent, measured.port, amounts.fullMs);
    const scrapeMs = contents === "bare" ? 0 : await timeOfScrape(agent, measured.port, amounts.scrapes);
    return { rssBytes, cpuPercent, perSecond, scrapeMs };
  };
  const bare = await measure("bare");
  const server = await measure("server");
  const limit = (value: number) => ({ what: LEAST_SERVER, value });
  const measurements = [
    {
      what: `readiness probes over ${CONNECTIONS} connections`,
      unit: "1/s",
      value: server.perSecond,
      limit: limit(bare.perSecond),
    },
    {
      what: `CPU at ${PACED_PER_SECOND} probes/s`,
      unit: "%",
      value: server.cpuPercent,
      limit: limit(bare.cpuPercent),
    },
    { what: "time of a scrape", unit: "ms", value: server.scrapeMs },
  ];
  return { measurements, addedMb: (server.rssBytes - besidesBytes) / 1e6 };
}

async function measureAllocation(
  agent: Agent,
  { scrapes }: Amounts,
  note: (text: string) => void,
): Promise<Measurement[]> {
  note("what probes and scrapes allocate");
  const allocatedByProbe = async (contents: Contents) => {
    await using measured = await start(contents, NO_COLLECTION);
    const probe = async () => {
      for (let each = 0; each < scrapes; each += 1) await request(agent, measured.port, "/readyz");
    };
    await probe();
    const { heapBytes } = await measured.usage();
    await probe();
    return ((await measured.usage()).heapBytes - heapBytes) / scrapes;
  };
  const [bare, server] = [await allocatedByProbe("bare"), await allocatedByProbe("server")];
  const measurements: Measurement[] = [
    {
      what: "allocated by a readiness probe",
      unit: "B",
      value: server,
      limit: { what: LEAST_SERVER, value: bare },
    },
  ];
  for (const [of, name, budget] of SCRAPED) {
    const options: ScrapeAllocationOptions = { of, scrapes };
    const scraped = await runApart<ScrapeAllocation>("scrape-allocation", options, NO_COLLECTION);
    measurements.push({
      what: `allocated by a scrape ${name}`,
      unit: "B",
      value: scraped.allocatedBytes,
      limit: { what: "the text of its answer", value: scraped.answerBytes },
      ...(budget && { budget }),
    });
  }
  return measurements;
}

/** Nothing but the answer: more than that is what V8 rounds up. */
const ANSWER_ALONE: Budget = { mostOfLimit: 1.05 };

const SCRAPED: readonly (readonly [of: ScrapeAllocationOptions["of"], name: string, budget?: Budget])[] = [
  ["peel", "of a peel"],
  ["process", "of what every process tells of itself"],
  ["computed", "for a metric that is computed", ANSWER_ALONE],
  ["counter", "for a counter", ANSWER_ALONE],
  ["gauge", "for a gauge", ANSWER_ALONE],
  ["series", "for one of the four series of a gauge", ANSWER_ALONE],
  ["histogram", "for a histogram", ANSWER_ALONE],
];

interface Peel extends AsyncDisposable {
  readonly port: number;
  rssMb(): Promise<number>;
}

async function startPeel(natsUrl: string, id: string): Promise<Peel> {
  const command = startFleet(["peel", "run", "--id", id, "--nats-url", natsUrl, "--health-addr", "127.0.0.1:0"]);
  await guard(command.child);
  const port = await eventually(() => {
    const [, found] = /"address":"[^"]*:(\d+)"/.exec(command.stdout) ?? [];
    if (found === undefined) throw new Error(`the peel does not listen: ${command.stdout}${command.stderr}`);
    return Number(found);
  }, PATIENCE);
  return {
    port,
    rssMb: () => rssMbOf(command.pid),
    [Symbol.asyncDispose]: () => command[Symbol.asyncDispose](),
  };
}

/** What probes and scrapes add to the memory of a peel. */
async function growthOf(agent: Agent, probed: Peel, spared: Peel, amounts: Amounts): Promise<number> {
  const less = async () => (await probed.rssMb()) - (await spared.rssMb());
  const before = await less();
  await inParallel(amounts.peelProbes, () => request(agent, probed.port, "/readyz"));
  for (let each = 0; each < amounts.peelScrapes; each += 1) await request(agent, probed.port, "/metrics");
  return (await less()) - before;
}

/** Asks so many times over all connections. */
async function inParallel(times: number, ask: () => Promise<void>): Promise<void> {
  let left = times;
  const work = async () => {
    while (left-- > 0) await ask();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
}

interface Measured extends AsyncDisposable {
  readonly port: number;
  usage(question?: UsageQuestion): Promise<Usage>;
}

/** Without options of Node.js, it has the heap that a peel has. */
async function start(contents: Contents, nodeOptions: readonly string[] = []): Promise<Measured> {
  const options: OperationsProcessOptions = { contents, flags: nodeOptions.length > 0 ? [] : SMALL_HEAP_FLAGS };
  const program = await forkApart<Usage>("operations-process", options, nodeOptions);
  await pause(SETTLE_MS);
  return {
    port: program.greeting.port,
    usage: (question: UsageQuestion = "now") => program.ask(question),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

function request(agent: Agent, port: number, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = get({ host: "127.0.0.1", port, path, agent }, (response) => {
      response.resume().once("end", () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${path}: ${response.statusCode}`));
      });
    });
    sent.once("error", reject);
  });
}

/** Probes per second, as fast as they are answered. */
async function fullSpeed(agent: Agent, port: number, durationMs: number): Promise<number> {
  const startedMono = performance.now();
  let answered = 0;
  const ask = async () => {
    while (performance.now() - startedMono < durationMs) {
      await request(agent, port, "/readyz");
      answered += 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, ask));
  return (answered * 1_000) / (performance.now() - startedMono);
}

/** Per cent of one CPU that the process takes for {@link PACED_PER_SECOND} probes a second. */
async function pacedCpu(agent: Agent, measured: Measured, durationMs: number): Promise<number> {
  const before = await measured.usage();
  const startedMono = performance.now();
  for (let asked = 0; asked < (PACED_PER_SECOND * durationMs) / 1_000; asked += 1) {
    const dueMs = startedMono + (asked * 1_000) / PACED_PER_SECOND - performance.now();
    if (dueMs > 0) await pause(dueMs);
    await request(agent, measured.port, "/readyz");
  }
  const tookUs = (performance.now() - startedMono) * 1_000;
  return (((await measured.usage()).cpuUs - before.cpuUs) / tookUs) * 100;
}

async function timeOfScrape(agent: Agent, port: number, scrapes: number): Promise<number> {
  const startedMono = performance.now();
  for (let scrape = 0; scrape < scrapes; scrape += 1) await request(agent, port, "/metrics");
  return (performance.now() - startedMono) / scrapes;
}
