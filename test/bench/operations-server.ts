// What the operations server costs: `node test/dist/bench/operations-server.js` prints medians of three runs.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { cpus } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Contents, Usage } from "./operations-process.ts";

const RUNS = 3;
const CONNECTIONS = 10;
const FULL_SPEED_MS = 3_000;
const PACED_MS = 5_000;
const PACED_PER_SECOND = 500;
const SCRAPES = 200;
/** Until what the start of a process has left behind is settled. */
const SETTLE_MS = 1_000;

interface Measured extends AsyncDisposable {
  readonly port: number;
  usage(): Promise<Usage>;
}

async function start(contents: Contents): Promise<Measured> {
  const child: ChildProcess = fork(join(import.meta.dirname, "operations-process.js"), [contents]);
  const [{ port }] = (await once(child, "message")) as [Usage];
  await sleep(SETTLE_MS);
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

/** Requests per second, as fast as they are answered. */
async function fullSpeed(agent: Agent, port: number, path: string): Promise<number> {
  const startedMono = performance.now();
  let answered = 0;
  const ask = async () => {
    while (performance.now() - startedMono < FULL_SPEED_MS) {
      await request(agent, port, path);
      answered += 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, ask));
  return (answered * 1_000) / (performance.now() - startedMono);
}

/** Per cent of one CPU that the process takes for {@link PACED_PER_SECOND} requests a second. */
async function pacedCpu(agent: Agent, measured: Measured, path: string): Promise<number> {
  const before = await measured.usage();
  const startedMono = performance.now();
  for (let asked = 0; asked < (PACED_PER_SECOND * PACED_MS) / 1_000; asked += 1) {
    const dueMs = startedMono + (asked * 1_000) / PACED_PER_SECOND - performance.now();
    if (dueMs > 0) await sleep(dueMs);
    await request(agent, measured.port, path);
  }
  const tookUs = (performance.now() - startedMono) * 1_000;
  return ((await measured.usage()).cpuUs - before.cpuUs) / (tookUs / 100);
}

async function scrapeMs(agent: Agent, port: number): Promise<number> {
  const startedMono = performance.now();
  for (let scrape = 0; scrape < SCRAPES; scrape += 1) await request(agent, port, "/metrics");
  return (performance.now() - startedMono) / SCRAPES;
}

const rows = {
  "readiness probes/s, 10 connections": [] as number[],
  "… of the least HTTP server there is": [] as number[],
  "CPU at 500 probes/s, %": [] as number[],
  "… of the least HTTP server there is, %": [] as number[],
  "time of a scrape of /metrics, ms": [] as number[],
  "memory added at rest, MB": [] as number[],
  "memory added after all these probes, MB": [] as number[],
  "… by the least HTTP server there is, MB": [] as number[],
};

for (let run = 0; run < RUNS; run += 1) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  await using without = await start("without");
  const { rssBytes: besides } = await without.usage();
  const addedMb = async (measured: Measured) => ((await measured.usage()).rssBytes - besides) / 1e6;
  {
    await using bare = await start("bare");
    rows["… of the least HTTP server there is, %"].push(await pacedCpu(agent, bare, "/readyz"));
    rows["… of the least HTTP server there is"].push(await fullSpeed(agent, bare.port, "/readyz"));
    rows["… by the least HTTP server there is, MB"].push(await addedMb(bare));
  }
  await using server = await start("server");
  rows["memory added at rest, MB"].push(await addedMb(server));
  rows["CPU at 500 probes/s, %"].push(await pacedCpu(agent, server, "/readyz"));
  rows["readiness probes/s, 10 connections"].push(await fullSpeed(agent, server.port, "/readyz"));
  rows["memory added after all these probes, MB"].push(await addedMb(server));
  rows["time of a scrape of /metrics, ms"].push(await scrapeMs(agent, server.port));
  agent.destroy();
}

console.log(`${cpus().length} x ${cpus()[0]?.model}, node ${process.version}, ${RUNS} runs\n`);
console.log("| what | median | min-max |\n|---|---|---|");
for (const [what, figures] of Object.entries(rows)) {
  const [low = 0, median = 0, high = 0] = figures.sort((a, b) => a - b).map((figure) => Number(figure.toPrecision(3)));
  console.log(`| ${what} | ${median} | ${low}-${high} |`);
}
