import assert from "node:assert/strict";
import { describe, it } from "node:test";
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

  it("are no news of a session that was told gone before", () => {
    const world = worldWith("web1");
    world.index.goodbye("web1", "web1-a");
    assert.deepEqual(
      newsOf(world, () => world.index.goodbye("web1", "web1-a")),
      [],
    );
  });
});
