import assert from "node:assert/strict";
import type { RunningServer } from "@fleet/broker";
import { startTestServer } from "@fleet/broker/testing";
import { type Connection, createBucket } from "@fleet/bus";
import { eventually } from "@fleet/runtime/testing";
import { LEASE_BUCKET, ROSTER_BUCKET, TERM_KEY } from "@fleet/wire";
import { untilMetrics } from "../end-to-end/daemon-metrics.ts";
import { PATIENCE } from "../end-to-end/fleet-command.ts";
import { untilHeld, untilKnown } from "../end-to-end/lease-holdings.ts";
import { LEASE } from "../end-to-end/lease-records.ts";
import type { MasterProcess } from "../end-to-end/master-process.ts";
import { connectSession } from "../integration/bus-session.ts";
import { startBenchMaster } from "./bench-master.ts";
import type { Benchmark } from "./benchmark.ts";

/** The default. */
const LEASE_TTL_MS = 15_000;
const BRIEF_LEASE_TTL_MS = 2_000;
const MAX_CRASH_DELAY_MS = 1_000;

export const failoverBenchmark: Benchmark = {
  name: "failover",
  summary: "from the end of the master that publishes to the next one: stopped in order, and killed",
  measures:
    "Two masters that see, without a fleet, and somebody who hears what is written into the buckets of leases and roster. One that publishes gets SIGTERM: how long nobody holds the lease, how long until another does, and until the broker refuses whatever the old one might write. Another gets SIGKILL: how long until the lease is held again, against the time until its key can have expired.",
  leavesOut: "clusters, in which a new leader of the stream may have to be found first, which takes seconds.",
  async run({ serverPath, brief, note }) {
    const ttlMs = brief ? BRIEF_LEASE_TTL_MS : LEASE_TTL_MS;
    await using server = await startTestServer({ path: serverPath });
    await using session = await connectSession({ urls: [server.url] });
    const watch = await watchPublisher(session.connection);
    await using masters = new Masters(server, ttlMs);

    await masters.start();
    await masters.start();
    note("the holder is stopped");
    const released = await watch.change(await masters.untilSettled(), "SIGTERM");
    await masters.start();
    note(`the holder is killed; TTL ${ttlMs / 1_000} s`);
    const crashed = await watch.change(await masters.untilSettled(), "SIGKILL");
    watch.close();
    return [
      {
        what: "release until held by another",
        unit: "ms",
        value: released.heldMono - released.releasedMono,
        budget: { most: 100 },
      },
      { what: "SIGTERM until held by another", unit: "ms", value: released.heldMono - released.signalledMono },
      { what: "SIGTERM until the fence is another's", unit: "ms", value: released.fencedMono - released.signalledMono },
      {
        what: `SIGKILL until held by another, lease TTL ${ttlMs / 1_000} s`,
        unit: "ms",
        value: crashed.heldMono - crashed.signalledMono,
        limit: {
          what: "until the key can have expired",
          value: crashed.renewedMono + ttlMs - crashed.signalledMono,
        },
        budget: { most: ttlMs + MAX_CRASH_DELAY_MS },
      },
    ];
  },
};

/** Masters that stand for the same lease. */
class Masters implements AsyncDisposable {
  readonly #server: RunningServer;
  readonly #ttlMs: number;
  readonly #all: MasterProcess[] = [];

  constructor(server: RunningServer, ttlMs: number) {
    this.#server = server;
    this.#ttlMs = ttlMs;
  }

  async start(): Promise<void> {
    const id = `master-${this.#all.length + 1}`;
    this.#all.push(await startBenchMaster(this.#server, id, { "lease-ttl": `${this.#ttlMs}ms` }));
  }

  /** Resolves to the holder when all that run see, and know who it is: one that has just begun leaves the lease to others. */
  async untilSettled(): Promise<MasterProcess> {
    const holding = await untilHeld(this.#all);
    for (const master of this.#all.filter(({ isAlive }) => isAlive)) {
      await untilMetrics(master, { presence_valid: 1 });
      await untilKnown(master, holding);
    }
    return holding.master;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((master) => master[Symbol.asyncDispose]()));
  }
}

/** Moments on the clock of the one who watches. */
interface Change {
  /** Last renewal by the old holder. */
  readonly renewedMono: number;
  readonly signalledMono: number;
  /** The old holder's delete marker; NaN if there was none. */
  readonly releasedMono: number;
  readonly heldMono: number;
  /** The new holder's mark in the roster. */
  readonly fencedMono: number;
}

interface PublisherWatch {
  /** Signals the holder and resolves when another has taken over. */
  change(holder: MasterProcess, signal: "SIGTERM" | "SIGKILL"): Promise<Change>;
  close(): void;
}

async function watchPublisher(connection: Connection): Promise<PublisherWatch> {
  const writes: {
    readonly what: "renewed" | "released" | "fenced";
    readonly holder: string;
    readonly atMono: number;
  }[] = [];
  const text = new TextDecoder();
  const lease = createBucket(connection, LEASE_BUCKET).hear(({ key, operation, value }) => {
    if (key !== LEASE) return;
    const what = operation === "put" ? "renewed" : "released";
    writes.push({ what, holder: text.decode(value), atMono: performance.now() });
  });
  const roster = createBucket(connection, ROSTER_BUCKET).hear(({ key }) => {
    if (key === TERM_KEY) writes.push({ what: "fenced", holder: "", atMono: performance.now() });
  });
  await Promise.all([lease.ready, roster.ready]);
  return {
    async change(holder, signal) {
      const from = writes.length;
      const signalledMono = performance.now();
      holder.signal(signal);
      const [held, fenced] = await eventually(() => {
        const since = writes.slice(from);
        const taken = since.findIndex((write) => write.what === "renewed" && write.holder !== holder.id);
        const mark = since.slice(taken).find(({ what }) => what === "fenced");
        assert.ok(taken >= 0 && mark, "nobody else publishes");
        return [since[taken], mark];
      }, PATIENCE);
      const heldMono = held?.atMono ?? Number.NaN;
      const before = writes.filter(({ atMono }) => atMono < heldMono);
      const lastOf = (wanted: string, list = before) => list.filter(({ what }) => what === wanted).at(-1)?.atMono;
      return {
        renewedMono: lastOf("renewed") ?? Number.NaN,
        signalledMono,
        releasedMono: lastOf("released", before.slice(from)) ?? Number.NaN,
        heldMono,
        fencedMono: fenced.atMono,
      };
    },
    close() {
      lease.close();
      roster.close();
    },
  };
}
