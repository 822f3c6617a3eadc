import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createDeferred } from "@fleet/runtime";
import type { RosterRecord } from "@fleet/wire";
import { startView, type ViewScene } from "./testing/view-scene.ts";

const TTL_MS = 30_000;
const record: RosterRecord = {
  state: "online",
  reason: "joined",
  since: 1_000,
  session: "web1-a",
  version: "1",
  protocol: 1,
  term: 3,
};

/** A view that has begun, with these peels online. */
async function startWith(...ids: string[]): Promise<ViewScene> {
  const scene = startView();
  for (const id of ids) await scene.beat(id);
  await scene.pass(3_000);
  assert.equal(scene.view.blindness, undefined);
  scene.news();
  return scene;
}

describe("a presence view", () => {
  it("tells of whoever was there before it began, as soon as it has read the bucket", async () => {
    await using scene = startView();
    scene.isDeaf = true;
    await scene.beat("web1");
    assert.deepEqual(scene.news(), []);
    await scene.pass(100);
    assert.deepEqual(scene.news(), ["web1 online joined"]);
    assert.deepEqual([...scene.view.resyncs], [["start", 1]]);
  });

  it("tells nothing before it knows what was told before, and that not again", async () => {
    const records = createDeferred<Iterable<[string, RosterRecord]>>();
    await using scene = startView({ readRecords: () => records.promise });
    await scene.beat("web1");
    await scene.beat("web2");
    await scene.pass(5_000);
    assert.deepEqual(scene.news(), []);
    assert.equal(scene.view.restoredMono, Number.POSITIVE_INFINITY);
    const readMono = scene.clock.monoMs();
    records.resolve([["web1", record]]);
    await scene.pass(100);
    assert.equal(scene.view.restoredMono, readMono);
    assert.deepEqual(scene.news(), ["web2 online joined"]);
  });

  it("tries again where what was told before cannot be read", async () => {
    let tries = 0;
    await using scene = startView({
      async readRecords() {
        tries += 1;
        if (tries < 3) throw new Error("not yet");
        return [["web1", record]];
      },
    });
    await scene.beat("web1");
    await scene.pass(500);
    assert.match(scene.view.blindness ?? "", /being read/);
    await scene.pass(5_000);
    assert.deepEqual([tries, scene.view.blindness, scene.news()], [3, undefined, []]);
  });

  it("waits for a bucket that is not there yet", async () => {
    await using scene = startView();
    scene.bucket.remove();
    await scene.pass(10_000);
    assert.match(scene.view.blindness ?? "", /being read/);
    scene.bucket.restore();
    await scene.pass(2_000);
    await scene.beat("web1");
    assert.deepEqual([scene.view.blindness, scene.news()], [undefined, ["web1 online joined"]]);
  });

  it("counts a crashed peel's key that it finds as one that lingers", async () => {
    await using scene = startView({
      readRecords: async () => [["web1", { ...record, state: "offline", reason: "crashed" }]],
    });
    scene.isDeaf = true;
    await scene.beat("web1");
    await scene.pass(1_000);
    assert.deepEqual([scene.view.lingering, scene.news()], [1, []]);
    await scene.pass(TTL_MS);
    assert.equal(scene.view.lingering, 0);
  });

  it("is blind without a connection, and after it until everyone was heard", async () => {
    await using scene = await startWith("web1", "web2");
    scene.connection.become("disconnected");
    await scene.pass(2 * TTL_MS);
    assert.equal(scene.view.blindness, "not connected to NATS");
    scene.connection.become("connected");
    await scene.beat("web1");
    await scene.pass(3_000);
    assert.match(scene.view.blindness ?? "", /connected to NATS a moment ago; 1 peel/);
    await scene.beat("web2");
    assert.deepEqual([scene.view.blindness, scene.news()], [undefined, []]);
    assert.equal(scene.view.resyncs.get("reconnect"), 1);
  });

  it("reads the bucket again when the connection was lost while it was read", async () => {
    const records = createDeferred<Iterable<[string, RosterRecord]>>();
    await using scene = startView({ readRecords: () => records.promise });
    await scene.pass(100);
    scene.connection.become("disconnected");
    scene.connection.become("connected");
    records.resolve([]);
    await scene.pass(100);
    assert.match(scene.view.blindness ?? "", /being read/);
    await scene.pass(5_000);
    assert.equal(scene.view.blindness, undefined);
  });

  it("listens anew where beats are stored and not heard", async () => {
    await using scene = await startWith("web1");
    scene.isDeaf = true;
    for (let count = 0; count < 2; count += 1) {
      await scene.compare();
      await scene.pass(1_000);
      await scene.beat("web1");
    }
    assert.equal(scene.view.blindness, undefined);
    await scene.compare();
    assert.match(scene.view.blindness ?? "", /stored and not heard/);
    await scene.pass(10_000, "web1");
    assert.deepEqual([scene.isDeaf, scene.view.blindness, scene.news()], [false, undefined, []]);
    assert.equal(scene.view.resyncs.get("gap"), 1);
  });

  it("finds out that it is deaf before it tells a loss", async () => {
    await using scene = await startWith("web1");
    scene.isDeaf = true;
    await scene.pass(TTL_MS + 5_000, "web1");
    assert.deepEqual([scene.isDeaf, scene.news()], [false, []]);
    await scene.pass(10_000, "web1");
    assert.equal(scene.view.blindness, undefined);
  });

  it("waits for everyone when the bucket was made anew", async () => {
    await using scene = await startWith("web1", "web2");
    await scene.compare();
    scene.bucket.remove();
    scene.bucket.restore();
    await scene.beat("web1");
    await scene.compare();
    assert.match(scene.view.blindness ?? "", /made anew/);
    await scene.pass(5_000);
    await scene.beat("web1");
    assert.match(scene.view.blindness ?? "", /made anew; 1 peel/);
    await scene.beat("web2");
    assert.deepEqual([scene.view.blindness, scene.news()], [undefined, []]);
  });

  it("sees by a single key that the bucket was made anew", async () => {
    await using scene = await startWith("web1");
    await scene.compare();
    scene.isDeaf = true;
    await scene.pass(20_000, "web1");
    scene.bucket.remove();
    scene.bucket.restore();
    await scene.pass(8_000);
    assert.deepEqual(scene.news(), []);
    assert.match(scene.view.blindness ?? "", /made anew/);
  });

  it("holds losses back while there is no bucket to ask", async () => {
    await using scene = await startWith("web1");
    scene.isDeaf = true;
    scene.bucket.remove();
    await scene.pass(TTL_MS + 5_000);
    assert.deepEqual([scene.view.blindness, scene.news()], ["the broker does not answer", []]);
  });

  it("reads the bucket for a drift, and not without a rest", async () => {
    await using scene = await startWith("web1");
    scene.isDeaf = true;
    await scene.beat("web2");
    scene.view.resync("drift");
    await scene.pass(100);
    assert.deepEqual(scene.news(), ["web2 online joined"]);
    for (let turn = 0; turn < 50; turn += 1) {
      scene.view.resync("drift");
      await scene.pass(100);
    }
    assert.ok((scene.view.resyncs.get("drift") ?? 0) <= 4);
  });

  it("tries again until the bucket can be read, and is sure in the end", async () => {
    await using scene = await startWith("web1", "web2");
    scene.connection.become("disconnected");
    scene.connection.become("connected");
    scene.bucket.failure = new Error("outage");
    await scene.pass(10_000);
    assert.match(scene.view.blindness ?? "", /being read/);
    scene.bucket.failure = undefined;
    await scene.beat("web1");
    await scene.pass(TTL_MS + 8_000, "web1");
    assert.deepEqual([scene.view.blindness, scene.news()], [undefined, ["web2 offline expired"]]);
  });

  it("does not judge after a pause before it has read what came meanwhile", async () => {
    await using scene = await startWith("web1", "web2");
    scene.process.stop();
    await scene.pass(2 * TTL_MS, "web1");
    scene.holdsFlushes = true;
    scene.process.resume();
    await scene.pass(1_000);
    assert.match(scene.view.blindness ?? "", /stopped for a while/);
    assert.deepEqual(scene.news(), []);
    scene.holdsFlushes = false;
    await scene.pass(1_000, "web1");
    assert.deepEqual(scene.news(), ["web2 offline expired"]);
  });

  it("probes a late peel, and once more a second later", async () => {
    await using scene = await startWith("web1");
    scene.probe = "no-responders";
    await scene.pass(9_500);
    assert.deepEqual(scene.news(), []);
    await scene.pass(700);
    assert.deepEqual([scene.news(), scene.view.lingering], [["web1 offline crashed"], 1]);
  });

  it("takes a beat for more than what a probe finds that was sent before it", async () => {
    await using scene = await startWith("web1");
    scene.probe = "no-responders";
    await scene.pass(9_300);
    await scene.beat("web1");
    await scene.pass(5_000);
    assert.deepEqual(scene.news(), []);
  });

  it("hears a goodbye at once, and says so to who removes the marker", async () => {
    const markers: string[] = [];
    await using scene = startView({ onMarker: (key) => markers.push(key) });
    await scene.beat("web1");
    await scene.pass(100);
    await scene.leave("web1");
    assert.deepEqual([scene.news(), markers], [["web1 online joined", "web1 offline left"], ["web1"]]);
  });
});

describe("a presence view that is stopped", () => {
  const moments: Record<string, (scene: ViewScene) => Promise<void> | void> = {
    "at once": () => {},
    "while it reads the bucket": (scene) => scene.pass(1),
    "while it is flushing": async (scene) => {
      scene.holdsFlushes = true;
      scene.connection.become("connected");
      await scene.pass(10);
      scene.holdsFlushes = false;
    },
    "while it sees": (scene) => scene.pass(5_000),
    "while the bucket fails": async (scene) => {
      scene.bucket.failure = new Error("outage");
      await scene.pass(5_500);
    },
    "while it is disconnected": async (scene) => {
      scene.connection.become("disconnected");
      await scene.pass(5_000);
    },
    "while a peel is late and probed": async (scene) => {
      scene.probe = "no-responders";
      await scene.beat("web1");
      await scene.pass(12_500);
    },
    "while it catches up": async (scene) => {
      scene.process.stop();
      await scene.pass(20_000);
      scene.holdsFlushes = true;
      scene.process.resume();
      await scene.pass(50);
      scene.holdsFlushes = false;
    },
  };
  for (const [moment, prepare] of Object.entries(moments)) {
    it(`${moment} leaves nothing behind`, async () => {
      const scene = startView();
      await prepare(scene);
      const stopped = scene.stop();
      await scene.clock.advance(0);
      await stopped;
      // What a test's own flush has planned is over by then.
      await scene.clock.advance(100);
      assert.deepEqual([scene.clock.pendingTimers, scene.connection.listeners], [0, 0]);
      const { beatsHeard } = scene.view;
      scene.bucket.failure = undefined;
      await scene.beat("web9");
      assert.equal(scene.view.beatsHeard, beatsHeard);
    });
  }
});
