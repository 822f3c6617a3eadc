import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { decodeFacts, encodeFacts, FACTS_MAX_BYTES, type Facts, factText } from "./facts-codec.ts";
import { encodeCanonicalMap } from "./map-codec.ts";

const FACTS: Facts = { os: { name: "debian", arch: "x64" }, cpu: { count: 2 }, tags: ["a", "b"] };
/** By python3-msgpack 1.0.3: `msgpack.packb({"os": …, "cpu": …, "tags": …})`, keys in this and in sorted order. */
const FACTS_HEX = "83a26f7382a46e616d65a664656269616ea461726368a3783634a363707581a5636f756e7402a47461677392a161a162";
const SORTED_HEX = "83a363707581a5636f756e7402a26f7382a461726368a3783634a46e616d65a664656269616ea47461677392a161a162";

test("facts have exactly the bytes that MessagePack asks for, and are read back", () => {
  assert.equal(Buffer.from(encodeFacts(FACTS)).toString("hex"), FACTS_HEX);
  assert.deepEqual(decodeFacts(Buffer.from(FACTS_HEX, "hex")), { ok: true, value: FACTS });
});

test("a member that is undefined is left out", () => {
  assert.deepEqual(encodeFacts({ ...FACTS, serial: undefined }), encodeFacts(FACTS));
});

test("the canonical form sorts keys at every level and does not care how the map was built", () => {
  assert.equal(Buffer.from(encodeCanonicalMap(FACTS)).toString("hex"), SORTED_HEX);
  const member = fc.oneof(fc.integer(), fc.string(), fc.dictionary(fc.string(), fc.integer()));
  fc.assert(
    fc.property(fc.dictionary(fc.string(), member), (map) => {
      const reversed = (value: unknown): unknown =>
        typeof value === "object" && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .toReversed()
                .map(([key, inner]) => [key, reversed(inner)]),
            )
          : value;
      assert.deepEqual(encodeCanonicalMap(reversed(map) as Facts), encodeCanonicalMap(map));
    }),
  );
});

test("a text is found by its path", () => {
  assert.equal(factText(FACTS, "os", "arch"), "x64");
});

test("a path that leads nowhere, past a text, into a list or to something else than a text gives nothing", () => {
  const facts: Facts = { ...FACTS, at: new Date(0), raw: new Uint8Array(2), none: null };
  const paths = [
    [],
    ["os"],
    ["os", "version"],
    ["os", "arch", "length"],
    ["cpu", "count"],
    ["tags", "0"],
    ["none", "x"],
  ];
  for (const path of paths) assert.equal(factText(facts, ...path), undefined, path.join("."));
  assert.equal(factText(facts, "at", "constructor"), undefined);
});

test("what every object inherits is not a fact", () => {
  for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    assert.equal(factText({}, name), undefined);
    assert.equal(factText({}, name, "name"), undefined);
  }
});

test("facts of the largest size are taken and one byte more is refused", () => {
  const factsOf = (size: number) => encode({ x: "y".repeat(size - 6) });
  assert.equal(factsOf(FACTS_MAX_BYTES).length, FACTS_MAX_BYTES);
  assert.ok(decodeFacts(factsOf(FACTS_MAX_BYTES)).ok);
  assert.deepEqual(decodeFacts(factsOf(FACTS_MAX_BYTES + 1)), { ok: false, reason: "oversize" });
});

test("facts that are no map are a schema error", () => {
  for (const value of [[], "text", 1, null])
    assert.deepEqual(decodeFacts(encode(value)), { ok: false, reason: "schema" });
});
