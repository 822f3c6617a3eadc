import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RosterRecord } from "@fleet/wire";
import { createIndexWorld, type IndexWorld } from "./testing/index-world.ts";

/** What is told of what happens while this process is catching up. */
function newsOf(world: IndexWorld, happen: () => void): string[] {
  world.news();
  world.index.observer.stalled();
  happen();
  assert.deepEqual(world.news(), []);
  world.index.observer.caughtUp();
  const sessions = world.transitions.slice(-world.told.length).map(({ session }) => session);
  const news = world.news();
  return news.map((text, index) => `${text} ${sessions.at(index - news.length)}`);
}

function worldWith(id: string): IndexWorld {
  const world = createIndexWorld();
  world.begin();
  world.beat(id);
  return world;
}

describe("goodbyes that are heard while the observer is blind", () => {
  it("are told with what came after them, in order", () => {
    const world = worldWith("web1");
    const news = newsOf(world, () => {
      world.index.goodbye("web1", "web1-a");
      world.beat("web1", { session: "web1-b" });
    });
    assert.deepEqual(news, ["web1 offline left web1-a", "web1 online returned web1-b"]);
  });

  it("are told with what came before them, and once if they are found as well", () => {
    const world = worldWith("web1");
    world.index.goodbye("web1", "web1-a");
    const news = newsOf(world, () => {
      world.beat("web1", { session: "web1-b" });
      world.index.goodbye("web1", "web1-b");
      world.index.goodbye("web1", "web1-b");
      world.beat("web2");
      world.index.goodbye("web2", "web2-a");
    });
    assert.deepEqual(news, [
      "web1 online returned web1-b",
      "web1 offline left web1-b",
      "web2 online joined web2-a",
      "web2 offline left web2-a",
    ]);
  });

  const record: RosterRecord = {
    state: "online",
    reason: "returned",
    since: 1_000,
    session: "web1-b",
    version: "1",
    protocol: 1,
    term: 3,
  };

  it("are history where what was told before is the one that came after them", () => {
    const begun = createIndexWorld();
    begun.index.observer.disturb("start", "started", 0);
    begun.beat("web1");
    begun.index.goodbye("web1", "web1-a");
    begun.beat("web1", { session: "web1-b" });
    begun.index.restore("web1", record);
    begun.begin();
    assert.deepEqual(begun.news(), []);
    begun.index.goodbye("web1", "web1-b");
    assert.deepEqual(begun.news(), ["web1 offline left"]);
  });

  it("are told from the session on that was told last", () => {
    const world = createIndexWorld();
    world.index.observer.disturb("start", "started", 0);
    for (const session of ["web1-a", "web1-b"]) {
      world.beat("web1", { session });
      world.index.goodbye("web1", session);
    }
    world.index.restore("web1", record);
    world.begin();
    assert.deepEqual(world.news(), ["web1 offline left"]);
    assert.equal(world.transitions.at(-1)?.session, "web1-b");
  });

  it("and what came after them, are dated when they were heard", async () => {
    const world = worldWith("web1");
    world.index.observer.stalled();
    const goodbyeAt = world.clock.wallMs();
    world.index.goodbye("web1", "web1-a");
    await world.clock.advance(300);
    const returnedAt = world.clock.wallMs();
    world.beat("web1", { session: "web1-b" });
    await world.clock.advance(2_000);
    world.beat("web1", { session: "web1-b" });
    world.index.observer.caughtUp();
    assert.deepEqual(
      world.transitions.slice(-2).map(({ reason, at }) => [reason, at]),
      [
        ["left", goodbyeAt],
        ["returned", returnedAt],
      ],
    );
    assert.equal(world.index.get("web1")?.sinceAt, returnedAt);
  });

  it("are no news of a session that was told gone before", () => {
    const world = worldWith("web1");
    world.index.goodbye("web1", "web1-a");
    assert.deepEqual(
      newsOf(world, () => world.index.goodbye("web1", "web1-a")),
      [],
    );
  });
});
