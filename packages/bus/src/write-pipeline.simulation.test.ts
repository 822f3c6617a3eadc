import assert from "node:assert/strict";
import { test } from "node:test";
import { isFleetError } from "@fleet/runtime";
import { createFakeClock } from "@fleet/runtime/testing";
import { busErrors } from "./errors.ts";
import { createWritePipeline, type WritePipeline } from "./write-pipeline.ts";

/*
 * Pipelines against a model of a stream that knows one rule, the broker's: a write is stored only if the last sequence is
 * the one it expects. Connections are in order, and can be slow, cut, or lose single requests and answers; other writers take over
 * at any time, and what their predecessors have sent arrives when it likes.
 */

const WINDOW = 5;
const KEYS = 4;
const STEPS = 400;
const HISTORIES = 400;

interface Write {
  readonly name: string;
  readonly key: string;
  outcome: number | "refused" | "unknown" | "pending";
}

interface Writer {
  readonly pipeline: WritePipeline;
  readonly requests: { name: string; revision: number }[];
  readonly answers: { revision: number; stored: boolean }[];
  readonly writes: Write[];
  isCut: boolean;
}

interface History {
  readonly stream: readonly string[];
  readonly writers: readonly Writer[];
  /** Length of the stream when each writer was open. */
  readonly openedAt: readonly number[];
}

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Plays one history; `trouble` is what else happens, `gap` how far a new writer moves the stream on. */
async function play(seed: number, trouble: "losses" | "intruders", gap: number): Promise<History> {
  const random = randomFrom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const clock = createFakeClock();
  const stream: string[] = [];
  const writers: Writer[] = [];
  const openedAt: number[] = [];

  const open = (): Writer => {
    for (let index = 0; index < gap; index += 1) stream.push(`term ${writers.length + 1}`);
    openedAt.push(stream.length);
    const requests: Writer["requests"] = [];
    const writer: Writer = {
      pipeline: createWritePipeline({
        clock,
        lastRevision: stream.length,
        window: WINDOW,
        timeoutMs: 5_000,
        label: (key) => key,
        send: ({ value }, revision) => requests.push({ name: new TextDecoder().decode(value), revision }),
        onEnd: () => {},
      }),
      requests,
      answers: [],
      writes: [],
      isCut: false,
    };
    writers.push(writer);
    return writer;
  };

  const write = (writer: Writer) => {
    const name = `${writers.indexOf(writer)}/${writer.writes.length}`;
    const record: Write = { name, key: `key-${below(KEYS)}`, outcome: "pending" };
    writer.writes.push(record);
    writer.pipeline.write({ key: record.key, value: new TextEncoder().encode(name), headers: {} }).then(
      (revision) => {
        record.outcome = revision;
      },
      (error) => {
        record.outcome = isFleetError(error, "FENCED") ? "refused" : "unknown";
      },
    );
  };

  const arrive = (writer: Writer) => {
    const request = writer.requests.shift();
    if (!request) return;
    const stored = stream.length === request.revision - 1;
    if (stored) stream.push(request.name);
    if (!writer.isCut) writer.answers.push({ revision: request.revision, stored });
  };

  const answer = (writer: Writer) => {
    const next = writer.answers.shift();
    if (!next) return;
    const conflict = busErrors.create("REVISION_CONFLICT", `wrong last sequence: ${stream.length}`);
    writer.pipeline.receive(next.revision, next.stored ? next.revision : conflict);
  };

  const cut = (writer: Writer) => {
    writer.isCut = true;
    writer.answers.length = 0;
    writer.requests.length = below(writer.requests.length + 1);
    writer.pipeline.lose(busErrors.create("NOT_CONNECTED", "the connection was lost"));
  };

  let current = open();
  for (let step = 0; step < STEPS; step += 1) {
    const any = writers[below(writers.length)] ?? current;
    const dice = random();
    if (dice < 0.4) write(current);
    else if (dice < 0.6) arrive(random() < 0.6 ? current : any);
    else if (dice < 0.8) answer(random() < 0.6 ? current : any);
    else if (dice < 0.81) cut(any);
    else if (dice < 0.83) current = open();
    else if (dice < 0.84 && trouble === "intruders") stream.push("intruder");
    else if (dice < 0.85 && trouble === "losses") any.requests.splice(below(any.requests.length), 1);
    else if (dice < 0.86 && trouble === "losses") any.answers.splice(below(any.answers.length), 1);
    // Outcomes are told by promises.
    await Promise.resolve();
  }
  for (const writer of writers) {
    while (writer.requests.length > 0 || writer.answers.length > 0) {
      arrive(writer);
      answer(writer);
    }
    cut(writer);
    await writer.pipeline.drain();
  }
  await clock.advance(0);
  return { stream, writers, openedAt };
}

function assertTold({ stream, writers }: History, seed: number): void {
  for (const write of writers.flatMap((writer) => writer.writes)) {
    const place = stream.indexOf(write.name) + 1;
    const said = `seed ${seed}: ${write.name}, told ${write.outcome}, is at ${place}`;
    assert.equal(stream.lastIndexOf(write.name) + 1, place, said);
    if (typeof write.outcome === "number") assert.equal(place, write.outcome, said);
    else if (write.outcome === "refused") assert.equal(place, 0, said);
    else assert.equal(write.outcome, "unknown", said);
  }
}

/** What writers had stored after another one was open. */
function latecomers({ stream, writers, openedAt }: History): string[] {
  return writers.flatMap((writer, index) => {
    const deposedAt = openedAt[index + 1] ?? stream.length;
    return writer.writes.map(({ name }) => name).filter((name) => stream.indexOf(name) >= deposedAt);
  });
}

for (const trouble of ["losses", "intruders"] as const) {
  test(`whatever happens to a pipeline, what it tells of its writes is true (${trouble})`, async () => {
    let stored = 0;
    for (let seed = 1; seed <= HISTORIES; seed += 1) {
      const history = await play(seed, trouble, WINDOW);
      assertTold(history, seed);
      assert.deepEqual(latecomers(history), [], `seed ${seed}`);
      for (const { writes } of history.writers) {
        const places = new Map<string, number>();
        for (const { key, outcome } of writes) {
          if (typeof outcome !== "number") continue;
          assert.ok(outcome > (places.get(key) ?? 0), `seed ${seed}: writes to ${key} are out of order`);
          places.set(key, outcome);
          stored += 1;
        }
      }
    }
    assert.ok(stored > HISTORIES * 10, `only ${stored} writes were stored`);
  });
}

test("a stream that a new writer moves on by nothing but its term lets old writes through", async () => {
  let through = 0;
  for (let seed = 1; seed <= HISTORIES && through === 0; seed += 1) {
    through += latecomers(await play(seed, "intruders", 1)).length;
  }
  assert.ok(through > 0, "the model is too kind to show what the gap is for");
});
