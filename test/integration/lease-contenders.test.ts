import assert from "node:assert/strict";
import { setMaxListeners } from "node:events";
import { describe, it } from "node:test";
import { resolveTestServerVersions, startTestServer } from "@fleet/broker/testing";
import { busErrors, createBucket, setUpBucket } from "@fleet/bus";
import { createElector, createLeaseStore, type Elector, type LeaseStore, resolveLeaseOptions } from "@fleet/lease";
import { aborted, sleep, systemClock } from "@fleet/runtime";
import { createRecordingLogger, eventually } from "@fleet/runtime/testing";
import { HEADER_TERM, LEASE_BUCKET, leaseBucketSpec } from "@fleet/wire";
import { type BusSession, connectSession } from "./bus-session.ts";

const LEASE = "publisher";
const CONTENDERS = 100;
const CONNECTIONS = 4;
const RELEASES = 8;
const DEATHS = 3;
/** A TTL that a test can wait for. */
const config = resolveLeaseOptions({ ttl: "3s", renewDeadline: "2400ms", renewInterval: "600ms", renewTimeout: "1s" });

/** Bounds that a busy machine keeps too, on which all contenders are late together; what was measured is printed. */
const TAKEN_AFTER_RELEASE_MS = { usually: 1_000, always: 15_000 };
const TAKEN_AFTER_DEATH_MS = { usually: config.ttlMs + 2_000, always: config.ttlMs + 15_000 };
const ACQUIRING_WRITES = { usually: 10, always: 2 * CONTENDERS };

/** Work under one term, by the one clock of this process. */
interface Stint {
  readonly holder: string;
  readonly term: number;
  readonly beganMono: number;
  endedMono: number;
}

interface Contender {
  readonly id: string;
  readonly elector: Elector;
  /** From now on nothing of it reaches the server, and nothing comes back. */
  die(): void;
}

/** Puts a network between a store and its elector that can be cut for good. */
function cuttable(store: LeaseStore): { readonly store: LeaseStore; cut(): void } {
  let isCut = false;
  const pass = async <T>(timeoutMs: number, operation: () => Promise<T>): Promise<T> => {
    if (!isCut) return operation();
    await sleep(systemClock, timeoutMs);
    throw busErrors.create("TIMEOUT", "cut off");
  };
  return {
    store: {
      read: (timeoutMs) => pass(timeoutMs, () => store.read(timeoutMs)),
      write: (options) => pass(options.timeoutMs, () => store.write(options)),
      release: (revision, timeoutMs) => pass(timeoutMs, () => store.release(revision, timeoutMs)),
      hear: (onWrite) => store.hear((write) => (isCut ? undefined : onWrite(write))),
    },
    cut() {
      isCut = true;
    },
  };
}

/** How long it took until another held the lease, and how many tried. */
interface Change {
  readonly tookMs: number;
  readonly writes: number;
}

function assertWithin(
  changes: readonly Change[],
  measure: (change: Change) => number,
  bound: { readonly usually: number; readonly always: number },
  what: string,
): void {
  const numbers = changes.map(measure);
  assert.ok(median(numbers) <= bound.usually, `${median(numbers)} ${what}: usually`);
  assert.ok(Math.max(...numbers) <= bound.always, `${Math.max(...numbers)} ${what}: at most`);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

for (const { label, path, skip } of await resolveTestServerVersions(["bookworm", "forky"])) {
  describe(`a hundred contenders on ${label}`, { skip: skip ?? false }, () => {
    it("hand the lease on quickly, one at a time, and without a stampede", async (t) => {
      await using server = await startTestServer({ path });
      await using observer = await connectSession({ urls: [server.url] });
      await setUpBucket(observer.connection, leaseBucketSpec({ ttlMs: config.ttlMs }));
      let acquiringWrites = 0;
      const hearing = createBucket(observer.connection, LEASE_BUCKET).hear((write) => {
        if (write.operation === "put" && write.header(HEADER_TERM) === undefined) acquiringWrites += 1;
      });
      await hearing.ready;

      const sessions: BusSession[] = [];
      for (let made = 0; made < CONNECTIONS; made += 1) sessions.push(await connectSession({ urls: [server.url] }));
      const stints: Stint[] = [];
      const stopping = new AbortController();
      setMaxListeners(CONTENDERS, stopping.signal);
      const contenders = Array.from({ length: CONTENDERS }, (_, index): Contender & { ended: Promise<void> } => {
        const id = `contender-${index}`;
        const { connection } = sessions[index % CONNECTIONS] as BusSession;
        const network = cuttable(
          createLeaseStore({
            bucket: createBucket(connection, LEASE_BUCKET),
            name: LEASE,
            holder: id,
            session: `session-${index}`,
            ttlMs: config.ttlMs,
          }),
        );
        const elector = createElector({
          name: LEASE,
          holder: id,
          store: network.store,
          config,
          async work({ term, signal }) {
            const stint = { holder: id, term, beganMono: performance.now(), endedMono: Number.POSITIVE_INFINITY };
            stints.push(stint);
            await aborted(signal);
            stint.endedMono = performance.now();
          },
          clock: systemClock,
          random: Math.random,
          logger: createRecordingLogger(),
        });
        return { id, elector, die: network.cut, ended: elector.run(stopping.signal) };
      });
      const current = () => {
        const stint = stints.at(-1);
        const contender = contenders.find(({ id }) => id === stint?.holder);
        assert.ok(stint && contender, "somebody holds the lease");
        return contender;
      };
      /** Does it, and tells how long it took until another had begun to work, and how many tried. */
      const change = async (act: () => void): Promise<Change> => {
        const stint = stints.length;
        acquiringWrites = 0;
        const startedMono = performance.now();
        act();
        const next = await eventually(
          () => {
            const begun = stints[stint];
            assert.ok(begun, "another holds it");
            return begun;
          },
          { timeoutMs: 30_000, everyMs: 5 },
        );
        // Time for the others to settle, so that their writes are counted too.
        await eventually(() => assert.ok(performance.now() > next.beganMono + 300));
        return { tookMs: next.beganMono - startedMono, writes: acquiringWrites };
      };

      const start = await change(() => {});
      const releases = [];
      for (let made = 0; made < RELEASES; made += 1) releases.push(await change(() => current().elector.stepDown()));
      const deaths = [];
      for (let made = 0; made < DEATHS; made += 1) deaths.push(await change(() => current().die()));

      stopping.abort();
      await Promise.all(contenders.map(({ ended }) => ended));
      const left = await createBucket(observer.connection, LEASE_BUCKET).get(LEASE, { fromLeader: true });
      hearing.close();
      for (const session of sessions) await session.stop();

      const show = (changes: Change[]) =>
        changes.map(({ tookMs, writes }) => `${tookMs.toFixed(0)} ms (${writes} writes)`).join(", ");
      t.diagnostic(`${label}: taken at the start after ${show([start])}`);
      t.diagnostic(`${label}: taken after a release in ${show(releases)}`);
      t.diagnostic(`${label}: taken after a death, TTL ${config.ttlMs} ms, in ${show(deaths)}`);

      assert.equal(left?.operation ?? "delete", "delete", "the last holder gave it back");
      for (const [what, changes, taken] of [
        ["a release", releases, TAKEN_AFTER_RELEASE_MS],
        ["a death", deaths, TAKEN_AFTER_DEATH_MS],
      ] as const) {
        assertWithin(changes, ({ tookMs }) => tookMs, taken, `ms from ${what} to the next term`);
        assertWithin(changes, ({ writes }) => writes, ACQUIRING_WRITES, `tries to take the lease after ${what}`);
      }
      assert.equal(stints.length, 1 + RELEASES + DEATHS);
      stints.reduce((before, after) => {
        assert.ok(before.endedMono <= after.beganMono, `${before.holder} and ${after.holder} worked at once`);
        assert.ok(before.term < after.term, `term ${after.term} came after ${before.term}`);
        return after;
      });
    });
  });
}
