import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import { decodeTerm, encodeTerm, TERM_MAX_BYTES } from "./term-codec.ts";

/*
 * The bytes below were put together by hand from the MessagePack specification:
 *   82 map of 2 | a4 "term" ce uint32 70,000 | a6 "holder" a8 "master-1"
 */
const FULL = { term: 70_000, holder: "master-1" };
const FULL_HEX = "82a47465726dce00011170a6686f6c646572a86d61737465722d31";
const SMALL_HEX = "81a47465726d07";

const hex = (text: string): Uint8Array => Buffer.from(text, "hex");

function reasonFor(bytes: Uint8Array): string {
  const result = decodeTerm(bytes);
  return result.ok ? "taken" : result.reason;
}

test("a term record has exactly the bytes that the protocol asks for", () => {
  assert.equal(Buffer.from(encodeTerm(FULL)).toString("hex"), FULL_HEX);
  assert.equal(Buffer.from(encodeTerm({ term: 7 })).toString("hex"), SMALL_HEX);
  assert.deepEqual(decodeTerm(hex(FULL_HEX)), { ok: true, value: FULL });
  assert.deepEqual(decodeTerm(hex(SMALL_HEX)), { ok: true, value: { term: 7 } });
});

test("fields that nobody here knows are ignored, and nil is no holder", () => {
  assert.deepEqual(decodeTerm(encode({ term: 7, holder: null, since: new Date(0), more: [1] })), {
    ok: true,
    value: { term: 7 },
  });
});

test("a record whose term is missing or cannot be one is refused: it must not count as the first", () => {
  for (const term of [undefined, null, -1, 1.5, Number.NaN, 2 ** 53, "7", new Date(7)]) {
    assert.equal(reasonFor(encode({ term })), "schema", String(term));
  }
  assert.equal(reasonFor(encode({ term: 7, holder: 7 })), "schema");
  assert.equal(reasonFor(hex("80")), "schema");
  assert.equal(reasonFor(new Uint8Array()), "empty");
  assert.equal(reasonFor(hex(FULL_HEX).subarray(0, -1)), "encoding");
  assert.equal(reasonFor(new Uint8Array(TERM_MAX_BYTES + 1)), "oversize");
});
