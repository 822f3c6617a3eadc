import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isFleetError } from "@fleet/runtime";
import { transitionOf } from "./testing/transitions.ts";
import { createTransitionFeed } from "./transition-feed.ts";

const fleet = (size: number) => Array.from({ length: size }, (_, index) => transitionOf(`web${index}`));

async function idsOf(transitions: AsyncIterable<{ id: string }>): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of transitions) ids.push(id);
  return ids;
}

describe("a feed of transitions", () => {
  it("hands each reader everything from his call on, in order, at his own pace", async () => {
    const feed = createTransitionFeed();
    const controller = new AbortController();
    feed.publish(transitionOf("before"));
    const quick = feed.read(controller.signal);
    const [first, second, third] = fleet(3);
    assert.ok(first && second && third);
    feed.publish(first);
    assert.deepEqual(await quick.next(), { done: false, value: first });
    const late = idsOf(feed.read(controller.signal));
    const waits = quick.next();
    feed.publish(second);
    assert.deepEqual(await waits, { done: false, value: second });
    feed.publish(third);
    assert.deepEqual(await quick.next(), { done: false, value: third });
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    assert.deepEqual(await late, ["web1", "web2"]);
  });

  it("calls listeners at once, until they have enough", () => {
    const feed = createTransitionFeed();
    const heard: string[] = [];
    const stop = feed.listen(({ id }) => heard.push(id));
    feed.publish(transitionOf("web1"));
    stop();
    feed.publish(transitionOf("web2"));
    assert.deepEqual(heard, ["web1"]);
  });

  it("ends for a reader who is waiting, and in the middle of what waits for him, when his signal aborts", async () => {
    const feed = createTransitionFeed();
    const waiting = new AbortController();
    const end = feed.read(waiting.signal).next();
    waiting.abort();
    assert.deepEqual(await end, { done: true, value: undefined });

    const middle = new AbortController();
    const reading = feed.read(middle.signal);
    for (const transition of fleet(3)) feed.publish(transition);
    await reading.next();
    middle.abort();
    assert.deepEqual(await reading.next(), { done: true, value: undefined });
    assert.deepEqual(await feed.read(middle.signal).next(), { done: true, value: undefined });
  });

  it("gives one who is too slow what was kept for him, and then an error", async () => {
    const feed = createTransitionFeed({ maxWaiting: 2 });
    const reading = feed.read(new AbortController().signal);
    const transitions = fleet(3);
    for (const transition of transitions) feed.publish(transition);
    assert.deepEqual((await reading.next()).value, transitions[0]);
    // There is room again, but one is missing in between.
    feed.publish(transitionOf("later"));
    assert.deepEqual((await reading.next()).value, transitions[1]);
    await assert.rejects(reading.next(), (error) => isFleetError(error, "TRANSITIONS_LOST"));
  });

  it("does not slow down one reader for another", async () => {
    const feed = createTransitionFeed({ maxWaiting: 2 });
    const controller = new AbortController();
    feed.read(controller.signal);
    const ids = idsOf(feed.read(controller.signal));
    for (const transition of fleet(5)) {
      feed.publish(transition);
      await new Promise((resolve) => setImmediate(resolve));
    }
    controller.abort();
    assert.equal((await ids).length, 5);
  });
});
