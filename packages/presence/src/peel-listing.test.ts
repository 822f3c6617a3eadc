import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryBucket } from "@fleet/bus/testing";
import { createFakeClock } from "@fleet/runtime/testing";
import { encodeFacts, encodeHeartbeat, type Heartbeat } from "@fleet/wire";
import { type ListedPeel, listPeels } from "./peel-listing.ts";
import { createListedPeel } from "./testing/listed-peel.ts";

const TTL_MS = 30_000;
const beat = (changes: Partial<Heartbeat> = {}): Uint8Array =>
  encodeHeartbeat({ sentAt: 0, version: "1.2.3", protocol: 1, ...changes });
const facts = (version = "1.0.0"): Uint8Array =>
  encodeFacts({ os: { name: "linux", arch: "amd64" }, peel: { version } });

/** Both buckets on a broker whose clock is not that of the machine which lists. */
function createBroker({ ttlMs = TTL_MS } = {}) {
  const clock = createFakeClock();
  const local = createFakeClock(Date.UTC(2031, 5, 1));
  const parts = {
    facts: createMemoryBucket({ name: "facts", clock }),
    heartbeats: createMemoryBucket({ name: "peel-heartbeat", clock, ttlMs }),
    clock: local,
    timeoutMs: 5_000,
  };
  return { ...parts, parts, clock, local, list: () => listPeels(parts) };
}

/** A peel in a listing that nothing is known of but what is given, and that is away. */
const away = (id: string, known: Partial<ListedPeel> = {}) => createListedPeel({ id, state: "offline", ...known });

test("without a peel the listing is empty", async () => {
  const broker = createBroker();
  assert.deepEqual(await broker.list(), { peels: [], asOf: broker.local.wallMs(), malformed: 0 });
});

test("without any bucket the listing is empty, too", async () => {
  const broker = createBroker();
  broker.facts.remove();
  broker.heartbeats.remove();
  assert.deepEqual(await broker.list(), { peels: [], asOf: broker.local.wallMs(), malformed: 0 });
});

test("every peel known from facts or beats is listed, sorted by id", async () => {
  const broker = createBroker();
  for (const id of ["web2", "away", "Z"]) await broker.facts.put(id, facts());
  for (const id of ["web10", "web2"]) await broker.heartbeats.put(id, beat());
  await broker.clock.advance(2_500);
  const linux = { os: "linux", arch: "amd64" };
  assert.deepEqual(await broker.list(), {
    peels: [
      away("Z", { ...linux, version: "1.0.0" }),
      away("away", { ...linux, version: "1.0.0" }),
      away("web10", { version: "1.2.3", state: "online", lastSeenMs: 2_500 }),
      away("web2", { ...linux, version: "1.2.3", state: "online", lastSeenMs: 2_500 }),
    ],
    asOf: broker.local.wallMs(),
    malformed: 0,
  });
});

test("without a heartbeat bucket nobody can say who is online", async () => {
  const broker = createBroker();
  await broker.facts.put("web1", facts());
  broker.heartbeats.remove();
  assert.deepEqual((await broker.list()).peels, [
    away("web1", { os: "linux", arch: "amd64", version: "1.0.0", state: undefined }),
  ]);
});

test("a heartbeat bucket that is removed while it is read is none", async () => {
  const broker = createBroker();
  await broker.facts.put("web1", facts());
  const { heartbeats } = broker;
  const removed = {
    ...heartbeats,
    async replay(...args: Parameters<typeof heartbeats.replay>) {
      const result = await heartbeats.replay(...args);
      heartbeats.remove();
      return result;
    },
  };
  const { peels } = await listPeels({ ...broker.parts, heartbeats: removed });
  assert.equal(peels[0]?.state, undefined);
});

test("without a facts bucket the beats alone are listed", async () => {
  const broker = createBroker();
  broker.facts.remove();
  await broker.heartbeats.put("web1", beat());
  assert.deepEqual((await broker.list()).peels, [away("web1", { version: "1.2.3", state: "online", lastSeenMs: 0 })]);
});

test("a peel that said goodbye is away, and one without facts is gone", async () => {
  const broker = createBroker();
  await broker.facts.put("web1", facts());
  for (const id of ["web1", "web2"]) {
    await broker.heartbeats.put(id, beat());
    await broker.heartbeats.delete(id);
  }
  const { peels } = await broker.list();
  assert.deepEqual(
    peels.map(({ id, state, lastSeenMs }) => [id, state, lastSeenMs]),
    [["web1", "offline", undefined]],
  );
});

test("facts that were deleted make no peel", async () => {
  const broker = createBroker();
  await broker.facts.put("web1", facts());
  await broker.facts.delete("web1");
  assert.deepEqual(await broker.list(), { peels: [], asOf: broker.local.wallMs(), malformed: 0 });
});

test("a peel of another make is a peel: with three fields, with none, with facts of its own", async () => {
  const broker = createBroker();
  await broker.heartbeats.put("three", encodeHeartbeat({ sentAt: 0, version: "9", protocol: 1 }));
  await broker.heartbeats.put("none", Uint8Array.of(0x80));
  await broker.facts.put("three", encodeFacts({ os: { name: "plan9", arch: 386 }, network: { hostname: "three" } }));
  await broker.facts.put("none", encodeFacts({ os: "linux", peel: { version: "7" } }));
  assert.deepEqual((await broker.list()).peels, [
    away("none", { version: "7", state: "online", lastSeenMs: 0 }),
    away("three", { os: "plan9", version: "9", state: "online", lastSeenMs: 0 }),
  ]);
});

test("records that cannot be read are counted and skipped, each key once for each bucket", async () => {
  const broker = createBroker();
  const garbage: [string, Uint8Array][] = [
    ["web1", Uint8Array.of(0xc1)],
    ["web2", new Uint8Array()],
    ["web3", new Uint8Array(70_000)],
    ["web4", Uint8Array.of(0x91, 0x01)],
    ["a.b", beat()],
    ["_reserved", beat()],
    ["__proto__", beat()],
  ];
  for (const [key, value] of garbage) {
    await broker.facts.put(key, value);
    await broker.heartbeats.put(key, value);
  }
  await broker.facts.put("web1", facts());
  await broker.heartbeats.put("web5", beat());
  const { peels, malformed } = await broker.list();
  assert.deepEqual(
    peels.map(({ id, state }) => [id, state]),
    [
      ["web1", "offline"],
      ["web5", "online"],
    ],
  );
  assert.equal(malformed, 6 + 7);
});

test("the age of a beat is the broker's, whatever the clocks of this machine and of the peel say", async () => {
  const broker = createBroker();
  await broker.heartbeats.put("web1", beat({ sentAt: Date.UTC(1999, 0) }));
  await broker.clock.advance(4_000);
  await broker.heartbeats.put("web2", beat({ sentAt: Date.UTC(2099, 0) }));
  await broker.clock.advance(3_000);
  const ages = async () => (await broker.list()).peels.map(({ lastSeenMs }) => lastSeenMs);
  assert.deepEqual(await ages(), [7_000, 3_000]);
  for (const jumpMs of [3_600_000, -7_200_000]) {
    broker.local.jumpWall(jumpMs);
    assert.deepEqual(await ages(), [7_000, 3_000]);
  }
});

test("ages grow while the listing is being made", async () => {
  const broker = createBroker();
  await broker.heartbeats.put("web1", beat());
  await broker.clock.advance(1_000);
  const { heartbeats, local } = broker;
  const slow = {
    ...heartbeats,
    async replay(...args: Parameters<typeof heartbeats.replay>) {
      const result = await heartbeats.replay(...args);
      await local.advance(800);
      return result;
    },
  };
  const { peels } = await listPeels({ ...broker.parts, heartbeats: slow });
  assert.equal(peels[0]?.lastSeenMs, 1_800);
});

test("a beat stored in the broker's future was just now", async () => {
  const broker = createBroker();
  await broker.heartbeats.put("web1", beat());
  broker.clock.jumpWall(-60_000);
  assert.equal((await broker.list()).peels[0]?.lastSeenMs, 0);
});

test("a key older than twice the TTL is not online, although the bucket still has it", async () => {
  for (const [ttlMs, staleMs] of [
    [TTL_MS, 2 * TTL_MS],
    [0, 60_000],
  ] as const) {
    const broker = createBroker({ ttlMs });
    await broker.heartbeats.put("web1", beat());
    broker.clock.jumpWall(staleMs);
    const online = (await broker.list()).peels[0];
    broker.clock.jumpWall(1);
    const stale = (await broker.list()).peels[0];
    assert.deepEqual([online?.state, online?.lastSeenMs], ["online", staleMs], `TTL ${ttlMs}`);
    assert.deepEqual([stale?.state, stale?.lastSeenMs], ["offline", staleMs + 1], `TTL ${ttlMs}`);
  }
});
