import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Benchmark } from "./benchmark.ts";
import type { Contents, Usage } from "./programs/operations-process.ts";

const CONNECTIONS = 10;
const PACED_PER_SECOND = 500;
/** Until what the start of a process has left behind is settled. */
const SETTLE_MS = 1_000;

const LEAST_SERVER = "the least HTTP server there is";

export const operationsBenchmark: Benchmark = {
  name: "operations",
  summary: "readiness probes, scrapes, and the memory of the operations server, against the least HTTP server there is",
  measures:
    "Readiness probes a second over ten connections, the CPU of a steady 500 a second, the time of a scrape, and the memory that the operations server adds to a process; held against a server of Node.js that answers everything with the same bytes.",
  leavesOut: "checks that take time of their own: each answers at once.",
  async run({ brief, note }) {
    const [fullMs, pacedMs, scrapes] = brief ? [200, 500, 10] : [3_000, 5_000, 200];
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    const measure = async (contents: Contents) => {
      note(`probes of ${contents === "bare" ? LEAST_SERVER : "the operations server"}`);
      await using measured = await start(contents);
      const { rssBytes } = await measured.usage();
      const cpuPercent = await pacedCpu(agent, measured, pacedMs);
      const perSecond = await fullSpeed(agent, measured.port, fullMs);
      const { rssBytes: rssAfterBytes } = await measured.usage();
      const scrapeMs = contents === "bare" ? 0 : await timeOfScrape(agent, measured.port, scrapes);
      return { rssBytes, cpuPercent, perSecond, rssAfterBytes, scrapeMs };
    };
    await using without = await start("without");
    const addedMb = (rssBytes: number) => (rssBytes - besides.rssBytes) / 1e6;
    const besides = await without.usage();
    const bare = await measure("bare");
    const server = await measure("server");
    agent.destroy();
    const limit = (value: number) => ({ what: LEAST_SERVER, value });
    return [
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
      { what: "memory added at rest", unit: "MB", value: addedMb(server.rssBytes), budget: { most: 10 } },
      {
        what: "memory added after all probes",
        unit: "MB",
        value: addedMb(server.rssAfterBytes),
        limit: limit(addedMb(bare.rssAfterBytes)),
      },
    ];
  },
};

interface Measured extends AsyncDisposable {
  readonly port: number;
  usage(): Promise<Usage>;
}

async function start(contents: Contents): Promise<Measured> {
  const program = join(import.meta.dirname, "programs", "operations-process.js");
  const child: ChildProcess = fork(program, [contents]);
  const [{ port }] = (await once(child, "message")) as [Usage];
  await pause(SETTLE_MS);
  return {
    port,
    async usage() {
      child.send("usage");
      const [usage] = (await once(child, "message")) as [Usage];
      return usage;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
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
