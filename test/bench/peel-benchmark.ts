import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createBucket, setUpBucket } from "@fleet/bus";
import { createDeferred } from "@fleet/runtime";
import { factsBucketSpec, HEARTBEAT_BUCKET } from "@fleet/wire";
import { FLEET_BIN } from "../end-to-end/fleet-command.ts";
import { connectSession } from "../integration/bus-session.ts";
import { guard } from "./apart.ts";
import { startBenchBroker } from "./bench-broker.ts";
import type { Benchmark } from "./benchmark.ts";
import { cpuMsOf, rssMbOf } from "./process-usage.ts";

const ID = "bench-peel";
/** Until V8 has found it idle, and has collected what its start left behind: that takes as much CPU as three minutes of rest. */
const SETTLE_MS = 30_000;
/** What Node.js does by itself: the same wait, and a word when it has started. */
const BARE_NODE = "console.log('here'); setInterval(() => {}, 1_000);";

export const peelBenchmark: Benchmark = {
  name: "peel",
  summary: "a peel at rest: memory, CPU, and start to first beat, against bare node",
  measures:
    "One `fleet peel run` with its defaults: from the start of the process to its first beat in the bucket, then, 30 s later, its memory and CPU over a minute of rest; held against Node.js that only waits.",
  leavesOut: "scrapes and probes (see operations), and facts that change.",
  async run({ serverPath, brief, note }) {
    const [settleMs, restMs] = brief ? [200, 500] : [SETTLE_MS, 60_000];
    await using server = await startBenchBroker(serverPath);
    await using session = await connectSession({ urls: [server.url] });
    // Without it a peel is not ready, and looks for it every second.
    await setUpBucket(session.connection, factsBucketSpec);
    const firstBeat = createDeferred<number>();
    const hearing = createBucket(session.connection, HEARTBEAT_BUCKET).hear(({ key }) => {
      if (key === ID) firstBeat.resolve(performance.now());
    });
    await hearing.ready;

    note("bare node");
    const bare = await restOf(["-e", BARE_NODE], spoken, settleMs, 0);
    note(`a peel at rest for ${restMs / 1_000} s`);
    const args = [FLEET_BIN, "peel", "run", "--id", ID, "--nats-url", server.url, "--health-addr", "127.0.0.1:0"];
    const peel = await restOf(args, () => firstBeat.promise, settleMs, restMs);
    hearing.close();
    return [
      {
        what: "memory at rest",
        unit: "MB",
        value: peel.rssMb,
        limit: { what: "bare node", value: bare.rssMb },
        budget: { most: 90 },
      },
      { what: "CPU at rest", unit: "%", value: peel.cpuPercent, budget: { most: 0.1 } },
      {
        what: "start to first beat",
        unit: "ms",
        value: peel.startMs,
        limit: { what: "bare node to its first line", value: bare.startMs },
        budget: { most: 700 },
      },
    ];
  },
};

interface Rest {
  readonly startMs: number;
  readonly rssMb: number;
  readonly cpuPercent: number;
}

/** Starts Node.js with these arguments, waits until it has begun and settled, looks on, and ends it. */
async function restOf(
  args: readonly string[],
  begun: (child: ChildProcess) => Promise<number>,
  settleMs: number,
  restMs: number,
): Promise<Rest> {
  const startedMono = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.resume();
  await guard(child);
  const exited = once(child, "exit");
  try {
    const failed = exited.then(() => Promise.reject(new Error(`node ${args.join(" ")} ended`)));
    failed.catch(() => {});
    const startMs = (await Promise.race([begun(child), failed])) - startedMono;
    await pause(settleMs);
    const [cpuBefore, beforeMono] = [await cpuMsOf(child.pid), performance.now()];
    await pause(restMs);
    const cpuPercent = (((await cpuMsOf(child.pid)) - cpuBefore) / (performance.now() - beforeMono)) * 100;
    return { startMs, rssMb: await rssMbOf(child.pid), cpuPercent };
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
}

async function spoken(child: ChildProcess): Promise<number> {
  if (child.stdout) await once(child.stdout, "data");
  return performance.now();
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
