import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import type { Decoded } from "./decoded.ts";
import {
  decodeCountQuery,
  decodeForgetQuery,
  decodeListQuery,
  decodePageQuery,
  decodeShowQuery,
  encodeCountQuery,
  encodeForgetQuery,
  encodeListQuery,
  encodePageQuery,
  encodeShowQuery,
  isCountKey,
  presencePageSubject,
  presenceSubject,
} from "./presence-query.ts";

const taken = <T>(value: T): Decoded<T> => ({ ok: true, value });

test("masters are asked on a subject for each verb, and one of them for what it has begun", () => {
  assert.equal(presenceSubject("list"), "fleet.presence.list");
  assert.equal(presencePageSubject("master-1"), "fleet.presence.page.master-1");
});

test("every query comes back as it was", () => {
  const filter = { ids: ["web-*", "db-1"], labels: { role: "web" }, states: ["late", "conflict"] } as const;
  for (const wide of [true, false]) {
    for (const query of [
      { filter, wide },
      { filter: {}, wide },
    ]) {
      assert.deepEqual(decodeListQuery(encodeListQuery(query)), taken(query));
    }
  }
  for (const by of ["state", "version", "os", "arch", "label:role"] as const) {
    assert.deepEqual(decodeCountQuery(encodeCountQuery({ filter, by })), taken({ filter, by }));
  }
  assert.deepEqual(decodePageQuery(encodePageQuery({ answer: "a", page: 7 })), taken({ answer: "a", page: 7 }));
  assert.deepEqual(decodeShowQuery(encodeShowQuery("web-1")), taken("web-1"));
  for (const force of [true, false]) {
    assert.deepEqual(decodeForgetQuery(encodeForgetQuery({ id: "web-1", force })), taken({ id: "web-1", force }));
  }
});

test("what a query leaves out has its default, and what is not known of it is ignored", () => {
  const empty = encode({ later: 1 });
  assert.deepEqual(decodeListQuery(empty), taken({ filter: {}, wide: false }));
  assert.deepEqual(decodeCountQuery(empty), taken({ filter: {}, by: "state" }));
  assert.deepEqual(decodeForgetQuery(encode({ id: "web-1" })), taken({ id: "web-1", force: false }));
});

const flawed: readonly [string, (bytes: Uint8Array) => Decoded<unknown>, Record<string, unknown>][] = [
  ["a pattern that is no text", decodeListQuery, { ids: [1] }],
  ["patterns that are no list", decodeListQuery, { ids: "web-*" }],
  ["a label that is no text", decodeListQuery, { labels: { role: 1 } }],
  ["a state that there is not", decodeListQuery, { states: ["asleep"] }],
  ["a width that is none", decodeListQuery, { wide: "yes" }],
  ["nothing to count by", decodeCountQuery, { by: "label:" }],
  ["a thing to count by that there is not", decodeCountQuery, { by: "weight" }],
  ["a page before the first", decodePageQuery, { answer: "a", page: -1 }],
  ["no answer to give pages of", decodePageQuery, { page: 1 }],
  ["no id", decodeShowQuery, {}],
  ["an id that cannot be one", decodeShowQuery, { id: "a.b" }],
  ["an id to forget that cannot be one", decodeForgetQuery, { id: "_term" }],
];
for (const [name, decodeQuery, map] of flawed) {
  test(`a query with ${name} is refused`, () => {
    assert.deepEqual(decodeQuery(encode(map)), { ok: false, reason: "schema" });
  });
}

test("peels are counted by a few things, and by any label", () => {
  for (const by of ["state", "version", "os", "arch", "label:a b"]) assert.ok(isCountKey(by), by);
  for (const by of ["", "label", "label:", "id"]) assert.ok(!isCountKey(by), by);
});
