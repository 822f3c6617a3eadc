import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { RunningServer } from "@fleet/broker";
import { createBucket } from "@fleet/bus";
import { createPresenceClient, type PresenceClient } from "@fleet/presence";
import { eventually } from "@fleet/runtime/testing";
import { ROSTER_BUCKET } from "@fleet/wire";
import { metricsOf } from "../end-to-end/daemon-metrics.ts";
import { FLEET_BIN } from "../end-to-end/fleet-command.ts";
import type { MasterProcess } from "../end-to-end/master-process.ts";
import { guard, runApart } from "./apart.ts";
import { BENCH_TTL_MS, startBenchBroker } from "./bench-broker.ts";
import { startBenchMaster } from "./bench-master.ts";
import { type BenchSwarm, startBenchSwarm } from "./bench-swarm.ts";
import type { Benchmark, BenchmarkContext, Measurement } from "./benchmark.ts";
import { listRivals } from "./list-rivals.ts";
import type { ListReaderAnswer, ListReaderOptions } from "./programs/list-reader.ts";
import { loadReached, watchLoad } from "./reached-load.ts";
import { median, quantile } from "./statistics.ts";

/** Peels, the interval at which they make for 10,000 beats a second, and how often their list is read. */
interface Size {
  readonly peels: number;
  readonly intervalMs: number;
  readonly lists: number;
  readonly commands: number;
}

const LARGE: Size = { peels: 100_000, intervalMs: 10_000, lists: 9, commands: 3 };
const HUGE: Size = { peels: 1_000_000, intervalMs: 100_000, lists: 5, commands: 1 };
const BRIEF: Size = { peels: 2_000, intervalMs: 1_000, lists: 2, commands: 1 };
/** By design, for 100,000. */
const LIST_BUDGET_MS = 300;
const SHOWS = 500;
const BRIEF_SHOWS = 20;
const BETWEEN_SHOWS_MS = 5;
/** The command waits for its answer for half of this. */
const COMMAND_TIMEOUT = "60s";
const SETTLE_LIMIT_MS = 480_000;
const ANSWER_LIMIT_MS = 60_000;

export const listBenchmark: Benchmark = {
  name: "list",
  summary: "time to list and to show peels from a master's index, against Redis, kv.keys and gets key by key",
  measures:
    "A master answers from its index while 10,000 beats a second come in. A list is read by a process of its own with the client of the presence service, all columns, until every row is made and in order; then by the whole command `fleet peel list -o json`, written to `/dev/null`. Peels are shown every 5 ms while nothing else is asked, and while lists are read: the longest wait is how long a list keeps a master from anything else. Redis, alone on the machine then, holds the same 100,000 peels under the same load and is read by its own client: every id and time of a sorted set, or every key by `SCAN` and `MGET` with its beat decoded. NATS KV is read once the beats have ended, by `kv.keys` of the client, which never ends while keys are rewritten; and as Zester lists, a get of the facts and one of the beat for each peel, for 5,000 peels, times 20.",
  leavesOut:
    "distance: all processes share one machine, and gets one after the other cost a round trip each. What rivals list is less: an id and a time, or a key, and neither state nor reason.",
  async run(context) {
    if (context.brief) return await listAt(BRIEF, context);
    return [...(await listAt(LARGE, context)), ...(await listAt(HUGE, context))];
  },
};

async function listAt(size: Size, context: BenchmarkContext): Promise<Measurement[]> {
  const { peels, intervalMs, lists } = size;
  const { serverPath, note, brief } = context;
  const isHeldAgainstRivals = size !== HUGE;
  note(`a fleet of ${peels}`);
  await using server = await startBenchBroker(serverPath);
  const heartbeat = { "heartbeat-interval": `${intervalMs}ms`, "heartbeat-ttl": `${BENCH_TTL_MS}ms` };
  await using master = await startBenchMaster(server, "master-1", heartbeat);
  await master.untilLogged("leader lease acquired");
  await using swarm = await startBenchSwarm(server.url, {
    peels,
    interval: `${intervalMs}ms`,
    facts: isHeldAgainstRivals,
  });
  await untilSettled(master, swarm, peels);

  const { connection } = swarm.session;
  const client = createPresenceClient(connection, { timeoutMs: ANSWER_LIMIT_MS });
  const shows = brief ? BRIEF_SHOWS : SHOWS;
  const load = await watchLoad(swarm.bucket);
  note("shows");
  const showMs = await showPeels(client, peels, (shown) => shown < shows);
  note("lists, and shows meanwhile");
  let isReading = true;
  const options: ListReaderOptions = { url: server.url, peels, lists };
  const reading = runApart<ListReaderAnswer>("list-reader", options).finally(() => {
    isReading = false;
  });
  const [{ listMs }, besideMs] = await Promise.all([reading, showPeels(client, peels, () => isReading)]);
  note("the command");
  const commandMs: number[] = [];
  for (let run = 0; run < size.commands; run += 1) {
    commandMs.push(await timeOfCommand(["peel", "list", "-o", "json", "--timeout", COMMAND_TIMEOUT], server));
  }
  const bareCommandMs = await timeOfCommand(["peel", "count", "--timeout", COMMAND_TIMEOUT], server);

  const beatsPerSecond = await load();
  const many = peels.toLocaleString("en-US");
  const list = median(listMs);
  const own: Measurement[] = [
    {
      what: `list of ${many} peels`,
      unit: "ms",
      value: list,
      ...(size === LARGE && { budget: { most: LIST_BUDGET_MS } }),
    },
    { what: `list of ${many} peels, the first of a process`, unit: "ms", value: listMs[0] ?? Number.NaN },
    {
      what: `fleet peel list -o json of ${many} peels`,
      unit: "ms",
      value: median(commandMs),
      limit: { what: "fleet peel count", value: bareCommandMs },
    },
    { what: `show of one of ${many} peels, p50`, unit: "ms", value: median(showMs) },
    {
      what: `show of one while all ${many} are listed, p99`,
      unit: "ms",
      value: quantile(besideMs, 0.99),
      limit: { what: "while nothing is listed", value: quantile(showMs, 0.99) },
    },
    {
      what: `show of one while all ${many} are listed, longest`,
      unit: "ms",
      value: Math.max(...besideMs),
      limit: { what: "while nothing is listed", value: Math.max(...showMs) },
    },
    loadReached({ due: (peels * 1_000) / intervalMs, when: `${many} peels` }, beatsPerSecond),
  ];
  return isHeldAgainstRivals
    ? [...own, ...(await listRivals({ swarm, master, server, peels, listMs: list, context }))]
    : own;
}

/** Waits until the master has all peels online and has written each of them into the roster. */
async function untilSettled(master: MasterProcess, swarm: BenchSwarm, peels: number): Promise<void> {
  const roster = createBucket(swarm.session.connection, ROSTER_BUCKET);
  await eventually(
    async () => {
      assert.equal(swarm.command.child.exitCode, null, swarm.command.stderr);
      assert.equal((await metricsOf(master)).get('peels{state="online"}'), peels);
      assert.ok((await roster.state()).keys >= peels);
    },
    { timeoutMs: SETTLE_LIMIT_MS, everyMs: 250 },
  );
}

/** Shows one peel after another as long as is wanted; the times until each answer. */
async function showPeels(
  client: PresenceClient,
  peels: number,
  isWanted: (shown: number) => boolean,
): Promise<number[]> {
  const took: number[] = [];
  const digits = Math.max(6, String(peels).length);
  while (isWanted(took.length)) {
    const id = `swarm-${String(1 + ((took.length * 7_919) % peels)).padStart(digits, "0")}`;
    const startedMono = performance.now();
    await client.show(id);
    took.push(performance.now() - startedMono);
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_SHOWS_MS));
  }
  return took;
}

/** Time from the start of the command to its end; what it writes is thrown away. */
async function timeOfCommand(args: readonly string[], { url }: RunningServer): Promise<number> {
  const startedMono = performance.now();
  const child = spawn(process.execPath, [FLEET_BIN, ...args, "--nats-url", url], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const closed = once(child, "close");
  await guard(child);
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    complaints += chunk;
  });
  const [code] = await closed;
  const tookMs = performance.now() - startedMono;
  // A master that did not answer is told of there.
  if (code !== 0 || complaints !== "") throw new Error(`fleet ${args.join(" ")}: ${code}: ${complaints}`);
  return tookMs;
}
