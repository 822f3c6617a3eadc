import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createIndexWorld } from "./testing/index-world.ts";

/** An index that sees, with these peels online. */
function worldWith(...ids: string[]) {
  const world = createIndexWorld();
  world.begin();
  for (const id of ids) world.beat(id);
  world.news();
  return world;
}

const fleet = (size: number, from = 0) => Array.from({ length: size }, (_, index) => `web${from + index}`);

describe("a peel", () => {
  it("joins with its first beat, is late after 1.2 intervals, and on time again with the next beat: that is no news", async () => {
    const world = worldWith();
    world.beat("web1");
    assert.deepEqual(world.news(), ["web1 online joined"]);
    await world.pass(12_050);
    assert.deepEqual([world.index.get("web1")?.state, world.index.counts.late], ["late", 1]);
    world.beat("web1");
    assert.deepEqual([world.index.get("web1")?.state, world.news()], ["online", []]);
  });

  it("that says goodbye has left at once, and returns with its next session", () => {
    const world = worldWith("web1");
    assert.equal(world.index.goodbye("web1", "web1-a"), true);
    assert.deepEqual(world.news(), ["web1 offline left"]);
    world.beat("web1", { session: "web1-b" });
    assert.deepEqual(world.news(), ["web1 online returned"]);
  });

  it("is not ended by the goodbye of the process before it", () => {
    const world = worldWith("web1");
    world.beat("web1", { session: "web1-b" });
    assert.deepEqual(world.news(), ["web1 online returned"]);
    assert.equal(world.index.goodbye("web1", "web1-a"), false);
    assert.deepEqual([world.news(), world.index.get("web1")?.rival], [[], undefined]);
  });

  it("whose last beat is heard after its goodbye, or twice, has left all the same", () => {
    const world = worldWith("web1");
    world.index.goodbye("web1", "web1-a");
    world.beat("web1", { seq: 1 });
    assert.deepEqual(world.news(), ["web1 offline left"]);
  });

  it("that is found gone twice has crashed, one late beat after its end", async () => {
    const world = worldWith("web1", "web2");
    world.probe = "gone";
    await world.pass(13_100, ["web2"]);
    assert.deepEqual(world.news(), ["web1 offline crashed"]);
    assert.ok((world.transitions.at(-1)?.at ?? 0) - world.clock.wallMs() > -200);
  });

  it("whose connection ended, as the broker says, has crashed within a second", async () => {
    const world = worldWith("web1");
    world.probe = "gone";
    world.index.connectionEnded("web1", "another session");
    await world.pass(900);
    assert.deepEqual(world.news(), []);
    world.index.connectionEnded("web1", "web1-a");
    await world.pass(900);
    assert.deepEqual(world.news(), ["web1 offline crashed"]);
  });

  it("that only changed its connection has not crashed", async () => {
    const world = worldWith("web1");
    world.probe = "gone";
    world.index.connectionEnded("web1", "web1-a");
    await world.pass(300);
    world.beat("web1");
    await world.pass(5_000);
    world.probe = "answered";
    world.index.connectionEnded("web1", "web1-a");
    await world.pass(3_000);
    assert.deepEqual(world.news(), []);
  });

  it("that hangs is late, answers no probe, and has expired within 100 ms after the TTL", async () => {
    const world = worldWith("web1");
    world.probe = "nothing";
    await world.pass(29_950);
    assert.deepEqual(world.news(), []);
    await world.pass(150);
    assert.deepEqual(world.news(), ["web1 offline expired"]);
    world.beat("web1");
    assert.deepEqual(world.news(), ["web1 online returned"]);
  });

  it("that cannot be probed expires", async () => {
    const world = worldWith();
    world.probe = "gone";
    world.beat("web1", { ping: false });
    await world.pass(30_100);
    assert.deepEqual(world.news(), ["web1 online joined", "web1 offline expired"]);
  });

  it("with two processes is a conflict, told once, for as long as both beat", async () => {
    const world = worldWith("web1");
    for (let turn = 0; turn < 5; turn += 1) {
      await world.pass(5_000);
      world.beat("web1", { session: turn % 2 ? "web1-a" : "web1-b" });
    }
    assert.deepEqual(world.news(), ["web1 online returned", "web1 conflict conflict"]);
    assert.deepEqual([world.transitions.at(-1)?.session, world.transitions.at(-1)?.rival], ["web1-a", "web1-b"]);
    for (let turn = 0; turn < 3; turn += 1) {
      await world.pass(10_000);
      world.beat("web1", { session: "web1-a" });
    }
    assert.deepEqual([world.news(), world.index.get("web1")?.interleaved], [["web1 online returned"], false]);
  });

  it("with two processes has one when the other says goodbye", async () => {
    const world = worldWith("web1");
    for (const session of ["web1-b", "web1-a", "web1-b"]) {
      await world.pass(4_000);
      world.beat("web1", { session });
    }
    world.index.goodbye("web1", "web1-b");
    assert.deepEqual(world.news(), ["web1 online returned", "web1 conflict conflict", "web1 online returned"]);
    assert.equal(world.index.get("web1")?.session, "web1-a");
  });
});

describe("an observer", () => {
  it("tells nothing before it has read the bucket, and then all", () => {
    const world = createIndexWorld();
    world.index.disturb("start", "started");
    world.beat("web1");
    world.index.observer.connected();
    assert.match(world.index.blindness ?? "", /being read/);
    assert.deepEqual(world.news(), []);
    world.index.observer.synced();
    assert.deepEqual([world.index.blindness, world.news()], [undefined, ["web1 online joined"]]);
  });

  it("that lost its connection keeps what it knew, and sees when every peel has been heard again", async () => {
    const world = worldWith("web1", "web2");
    world.index.observer.disconnected();
    await world.pass(100_000);
    assert.deepEqual([world.index.blindness, world.news()], ["not connected to NATS", []]);
    world.index.disturb("reconnect", "connected again");
    world.index.observer.connected();
    world.index.observer.synced();
    assert.match(world.index.blindness ?? "", /2 peel\(s\) not heard/);
    world.beat("web1");
    await world.pass(5_000);
    assert.match(world.index.blindness ?? "", /1 peel\(s\) not heard/);
    world.beat("web2");
    assert.deepEqual([world.index.blindness, world.news()], [undefined, []]);
  });

  it("sees again at the latest a TTL after the broker answers, and tells who is really gone", async () => {
    const world = worldWith("web1", "web2");
    world.index.observer.disconnected();
    await world.pass(60_000);
    world.index.disturb("reconnect", "connected again");
    world.index.observer.connected();
    world.index.observer.answered();
    world.index.observer.synced();
    world.beat("web1");
    await world.pass(29_900, ["web1"]);
    assert.deepEqual(world.news(), []);
    await world.pass(400, ["web1"]);
    assert.deepEqual(world.news(), ["web2 offline expired"]);
  });

  it("is not blind for more than two TTLs after a disturbance, whatever fails", async () => {
    const world = worldWith("web1");
    world.index.disturb("gap", "something happened");
    world.lookup = "unanswered";
    await world.pass(59_900);
    assert.notEqual(world.index.blindness, undefined);
    await world.pass(62_000);
    assert.deepEqual([world.index.blindness, world.news()], [undefined, ["web1 offline expired"]]);
  });

  it("that finds a beat in the bucket which it never heard doubts itself instead of the peel", async () => {
    const world = worldWith("web1", "web2");
    world.lookup = "newer";
    await world.pass(30_100, ["web2"]);
    assert.deepEqual(world.news(), []);
    assert.match(world.index.blindness ?? "", /beats were stored that were not heard/);
    assert.equal(world.index.observer.unsynced?.cause, "gap");
  });

  it("tells no loss while the broker does not answer", async () => {
    const world = worldWith("web1");
    world.lookup = "unanswered";
    await world.pass(35_000);
    assert.deepEqual([world.index.blindness, world.news()], ["the broker does not answer", []]);
    world.lookup = "agreed";
    world.index.observer.answered();
    await world.pass(100);
    assert.deepEqual([world.index.blindness, world.news()], [undefined, ["web1 offline expired"]]);
  });

  it("that was stopped judges nobody before it has read what came meanwhile", async () => {
    const world = worldWith("web1");
    await world.clock.advance(60_000);
    world.index.observer.stalled();
    world.index.advance();
    assert.match(world.index.blindness ?? "", /stopped/);
    world.beat("web1");
    world.index.observer.caughtUp();
    assert.deepEqual([world.index.blindness, world.news()], [undefined, []]);
  });
});

describe("very many losses", () => {
  it("are told one by one where they are few for the fleet", async () => {
    const world = worldWith(...fleet(100));
    await world.pass(30_200, fleet(90));
    assert.equal(world.news().filter((line) => line.endsWith("offline expired")).length, 10);
  });

  it("are held back, and told as one when the bucket agrees", async () => {
    const world = worldWith(...fleet(100));
    world.probe = "gone";
    await world.pass(12_500, fleet(50));
    assert.equal(world.index.wantsReview(), false);
    await world.pass(17_600, fleet(50));
    assert.deepEqual(world.news(), []);
    assert.match(world.index.blindness ?? "", /very many/);
    assert.equal(world.index.counts.online + world.index.counts.late, 100);
    await world.pass(500, fleet(50));
    assert.equal(world.index.wantsReview(), true);
    world.index.reviewed(0);
    const news = world.news();
    assert.deepEqual(
      [news.length, new Set(news.map((line) => line.replace(/^web\d+ /, "")))],
      [50, new Set(["offline expired mass"])],
    );
    assert.deepEqual([world.index.blindness, world.index.counts.online], [undefined, 50]);
  });

  it("are none when the bucket has beats that were not heard", async () => {
    const world = worldWith(...fleet(100));
    await world.pass(31_000);
    assert.equal(world.index.wantsReview(), true);
    const storedMono = world.clock.monoMs() - 3_000;
    let unheard = 0;
    for (const id of fleet(100)) {
      const beat = { sentAt: 0, version: "1", protocol: 1, session: `${id}-a`, seq: 9, intervalMs: 10_000 };
      if (world.index.see(id, beat, storedMono)) unheard += 1;
    }
    world.index.reviewed(unheard);
    assert.deepEqual([unheard, world.news()], [100, []]);
    assert.equal(world.index.observer.unsynced?.cause, "gap");
  });

  it("are told after two TTLs where nobody can look", async () => {
    const world = worldWith(...fleet(100));
    await world.pass(95_000);
    assert.equal(world.news().filter((line) => line.endsWith("mass")).length, 100);
    assert.equal(world.index.blindness, undefined);
  });
});

describe("what was told before", () => {
  const record = { state: "online", reason: "joined", since: 1_000, version: "1", protocol: 1, term: 3 } as const;

  it("is not told again, but what is different is", async () => {
    const world = createIndexWorld();
    world.index.disturb("start", "started");
    world.index.observer.connected();
    world.index.observer.answered();
    world.index.restore("same", { ...record, session: "same-a" });
    world.index.restore("restarted", { ...record, session: "restarted-0" });
    world.index.restore("back", { ...record, state: "offline", reason: "expired", session: "back-a" });
    world.index.restore("gone", { ...record, session: "gone-a" });
    world.index.restore("away", { ...record, state: "offline", reason: "left", session: "away-a" });
    const beating = ["same", "restarted", "back", "new"];
    for (const id of beating) world.beat(id);
    world.index.observer.synced();
    await world.pass(30_300, beating);
    assert.deepEqual(world.news().sort(), [
      "back online returned",
      "gone offline expired",
      "new online joined",
      "restarted online returned",
    ]);
    assert.deepEqual(world.index.get("same")?.sinceAt, 1_000);
  });
});

describe("what is easily told wrong", () => {
  const record = { state: "online", reason: "joined", since: 1_000, version: "1", protocol: 1, term: 3 } as const;
  const beatOf = (session: string | undefined, seq: number) => ({
    sentAt: 0,
    version: "1",
    protocol: 1,
    intervalMs: 10_000,
    ...(session && { session, seq }),
  });

  it("a peel that was forgotten while it was here is not told again by what was still planned for it", async () => {
    const world = worldWith("web1", "web2");
    world.index.forget("web1");
    await world.pass(40_000, ["web2"]);
    assert.deepEqual([world.news(), world.index.counts.online, world.index.counts.late], [[], 1, 0]);
    world.beat("web1");
    assert.deepEqual(world.news(), ["web1 online joined"]);
  });

  it("who has which version is known of those who are here, as they come, are upgraded, go and are forgotten", async () => {
    const { clock, index } = createIndexWorld();
    const upgraded = (session: string, version: string) => ({ ...beatOf(session, 1), version });
    const versions = () => Object.fromEntries(index.versions);
    index.restore("web1", { ...record, version: "1.0" });
    index.restore("gone", { ...record, state: "offline", reason: "left" });
    assert.deepEqual(versions(), { "1.0": 1 });
    index.hear("web1", upgraded("a", "1.1"));
    index.hear("web2", upgraded("b", "1.1"));
    // Not told yet: the index has only begun.
    assert.deepEqual(versions(), { "1.1": 1 });
    index.observer.connected();
    index.observer.answered();
    index.observer.synced();
    index.advance();
    assert.deepEqual(versions(), { "1.1": 2 });
    await clock.advance(1_000);
    index.hear("web2", upgraded("c", "2.0"));
    assert.deepEqual(versions(), { "1.1": 1, "2.0": 1 });
    index.goodbye("web2", "c");
    assert.deepEqual(versions(), { "1.1": 1 });
    index.forget("web1");
    assert.deepEqual(versions(), {});
  });

  it("two processes of which one is of another make are a conflict, told once", async () => {
    const world = worldWith("web1");
    for (let turn = 0; turn < 6; turn += 1) {
      await world.pass(5_000);
      if (turn % 2 === 0) world.index.hear("web1", beatOf(undefined, 0));
      else world.beat("web1");
    }
    assert.deepEqual(world.news(), ["web1 online returned", "web1 conflict conflict"]);
  });

  it("a peel that came back and left while nobody could see has left", async () => {
    const world = worldWith("web1", "web2");
    await world.pass(31_000, ["web2"]);
    assert.deepEqual(world.news(), ["web1 offline expired"]);
    world.index.observer.stalled();
    world.beat("web1");
    world.index.goodbye("web1", "web1-a");
    world.index.observer.caughtUp();
    await world.pass(40_000, ["web2"]);
    assert.deepEqual(world.news(), []);
  });

  it("a peel that says goodbye is awaited no more", () => {
    const world = worldWith("web1", "web2");
    world.index.disturb("reconnect", "connected again");
    world.index.observer.synced();
    // In the same moment as the disturbance nothing counts as missed.
    assert.equal(world.index.observer.state.unheard, 0);
  });

  it("after an outage a goodbye counts as being heard of, and is told as soon as all others are", async () => {
    const world = worldWith("web1", "web2");
    await world.pass(5_000);
    world.index.disturb("reconnect", "connected again");
    world.index.observer.synced();
    assert.equal(world.index.observer.state.unheard, 2);
    world.index.goodbye("web1", "web1-a");
    world.index.disturb("reconnect", "connected again once more");
    world.index.observer.synced();
    assert.equal(world.index.observer.state.unheard, 1);
    world.beat("web2");
    assert.deepEqual([world.index.blindness, world.news()], [undefined, ["web1 offline left"]]);
  });

  it("one peel that is gone after a long outage is no mass loss, though all had seemed lost meanwhile", async () => {
    const peels = fleet(100);
    const world = worldWith(...peels);
    world.index.observer.disconnected();
    await world.pass(100_000);
    world.index.disturb("reconnect", "connected again");
    world.index.observer.connected();
    world.index.observer.answered();
    world.index.observer.synced();
    const rest = peels.slice(1);
    for (const id of rest) world.beat(id);
    await world.pass(30_100, rest);
    assert.deepEqual([world.news(), world.index.blindness], [["web0 offline expired"], undefined]);
  });

  it("a peel that crashed before a master began is not back by its last beat, which the bucket still has", async () => {
    const world = createIndexWorld();
    world.index.disturb("start", "started");
    world.index.observer.connected();
    const { clock, index } = world;
    index.restore("web1", { ...record, state: "offline", reason: "crashed", session: "web1-a" });
    index.restore("web2", { ...record, state: "offline", reason: "crashed", session: "web2-a" });
    index.see("web1", beatOf("web1-a", 7), clock.monoMs() - 14_000);
    index.see("web2", beatOf("web2-b", 1), clock.monoMs() - 4_000);
    index.observer.synced();
    await world.pass(5_000);
    assert.deepEqual(world.news(), ["web2 online returned"]);
    world.beat("web1", { seq: 8 });
    assert.deepEqual(world.news(), ["web1 online returned"]);
  });

  it("a beat that counts nothing is seen in the bucket by its age alone", async () => {
    const world = worldWith();
    world.index.hear("web1", { ...beatOf(undefined, 0), session: "a" });
    await world.pass(9_000);
    assert.equal(world.index.see("web1", { ...beatOf(undefined, 0), session: "a" }, world.clock.monoMs() - 100), true);
    assert.equal(world.index.get("web1")?.heardMono, world.clock.monoMs() - 100);
  });

  it("a restart that is known by one late beat is told before its end", async () => {
    const world = worldWith("web1");
    await world.pass(5_000);
    world.index.observer.stalled();
    world.beat("web1", { session: "web1-b" });
    await world.pass(13_000);
    world.index.observer.caughtUp();
    assert.deepEqual([world.news(), world.index.get("web1")?.state], [["web1 online returned"], "late"]);
  });

  it("very many that seem lost are told so only if nothing else blinds meanwhile", async () => {
    const world = worldWith(...fleet(100));
    await world.pass(31_000);
    assert.equal(world.index.wantsReview(), true);
    world.index.observer.stalled();
    world.index.reviewed(0);
    assert.deepEqual(world.news(), []);
    world.index.observer.caughtUp();
    await world.pass(1_100);
    assert.equal(world.index.wantsReview(), true);
    world.index.reviewed(0);
    assert.equal(world.news().length, 100);
  });

  it("a peel of which the bucket never says anything is told lost in the end, though it answers otherwise", async () => {
    const world = worldWith("web1", "web2");
    world.lookup = "unanswered";
    for (let second = 0; second < 121; second += 1) {
      await world.pass(1_000);
      world.beat("web2");
      world.index.observer.answered();
    }
    assert.deepEqual(world.news(), ["web1 offline expired"]);
  });

  it("what the bucket said of a peel before a disturbance says nothing after it", async () => {
    const world = worldWith("web1", "web2");
    await world.pass(29_900, ["web2"]);
    assert.equal(world.index.get("web1")?.lookup, "agreed");
    world.index.disturb("bucket", "made anew");
    world.index.observer.synced();
    world.index.observer.answered();
    world.lookup = "newer";
    await world.pass(30_500, ["web2"]);
    assert.deepEqual(world.news(), []);
  });

  it("a peel that crashed among very many and beats again all the same is judged on", async () => {
    const peels = fleet(60);
    const world = worldWith(...peels);
    world.probe = "gone";
    for (const id of peels) world.index.connectionEnded(id, `${id}-a`);
    await world.pass(700);
    assert.match(world.index.blindness ?? "", /very many/);
    for (const id of peels) world.beat(id);
    world.probe = "nothing";
    world.news();
    await world.pass(62_000, peels.slice(0, -1));
    assert.deepEqual(
      world.news().filter((line) => line.includes("offline")),
      ["web59 offline expired"],
    );
    assert.equal(world.index.counts.online, 59);
  });
});
