import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "@fleet/bus";
import { FleetError, isFleetError } from "@fleet/runtime";
import { decodePageQuery, encodePeelPage, PeelColumns, type PeelRow } from "@fleet/wire";
import { createPresenceClient } from "./presence-client.ts";
import { createListedPeel } from "./testing/listed-peel.ts";

const ALL = { filter: {}, wide: false };

const row = (id: string, version: string): PeelRow => ({ ...createListedPeel({ id, version }), state: "online" });

interface Length {
  readonly pages?: number;
  readonly total?: number;
}

function pageOf(instance: string, page: number, rows: readonly PeelRow[], { pages, total }: Length = {}): Message {
  const columns = new PeelColumns({ maxBytes: 10_000, wide: false });
  for (const each of rows) columns.add(each);
  const head = { asOf: 0, blindness: undefined, instance, answer: "a", page, pages, total };
  const payload = encodePeelPage({ ...head, peels: columns.take() });
  return { subject: "", payload, reply: undefined, status: 0, header: () => undefined };
}

/** A client of masters of which each list is begun by the next, and the further pages are what `page` gives. */
function createScene(
  firstPages: readonly Message[],
  page: (subject: string, page: number) => Message | Promise<Message>,
) {
  const asked: string[] = [];
  const request = async (subject: string, payload: Uint8Array): Promise<Message> => {
    asked.push(subject);
    if (subject === "fleet.presence.list") {
      const first = firstPages[asked.filter((each) => each === subject).length - 1];
      if (!first) throw new FleetError("UNAVAILABLE", "nobody listens", { retryable: true });
      return first;
    }
    const query = decodePageQuery(payload);
    assert.ok(query.ok);
    return page(subject, query.value.page);
  };
  return { client: createPresenceClient({ request }, { timeoutMs: 1_000 }), asked };
}

test("of a peel that is there twice the later row counts, in whatever order the pages come", async () => {
  let late: (() => void) | undefined;
  const { client } = createScene([pageOf("one", 0, [row("b", "1")])], async (_, page) => {
    if (page === 1) await new Promise<void>((resolve) => (late = resolve));
    const version = ["", "2", "3"][page];
    if (page === 3) setImmediate(() => late?.());
    return pageOf("one", page, version ? [row("a", version)] : [], { pages: 3, total: 3 });
  });
  const { peels } = await client.list(ALL);
  assert.deepEqual(
    peels.map(({ id, version }) => [id, version]),
    [
      ["a", "3"],
      ["b", "1"],
    ],
  );
});

test("a master that never says how many pages there are is not asked for ever", { timeout: 10_000 }, async () => {
  const { client, asked } = createScene([pageOf("one", 0, [row("a", "1")])], (_, page) => {
    assert.ok(page < 1_000, "asked for ever");
    return pageOf("one", page, []);
  });
  await assert.rejects(client.list(ALL), (error) => isFleetError(error, "QUERY_FAILED"));
  assert.equal(asked.length, 1 + 4);
});

test("what a master that has ended had begun is asked of another one", async () => {
  const firstPages = [pageOf("one", 0, [row("a", "1")]), pageOf("two", 0, [row("b", "1")], { pages: 1, total: 1 })];
  const { client, asked } = createScene(firstPages, () => {
    throw new FleetError("UNAVAILABLE", "nobody listens", { retryable: true });
  });
  const { instance, peels } = await client.list(ALL);
  assert.deepEqual([instance, peels.map(({ id }) => id)], ["two", ["b"]]);
  assert.deepEqual(new Set(asked), new Set(["fleet.presence.list", "fleet.presence.page.one"]));
});

test("where no master answers at all that is told", async () => {
  const { client, asked } = createScene([], () => assert.fail("no page is asked for"));
  await assert.rejects(client.list(ALL), (error) => isFleetError(error, "UNAVAILABLE"));
  assert.equal(asked.length, 1);
});
