import assert from "node:assert/strict";
import { test } from "node:test";
import { ExtData, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { FACTS_MAX_BYTES } from "./facts-codec.ts";
import { decodeMap } from "./map-codec.ts";
import { MAX_DEPTH, scanMessage } from "./message-scan.ts";

const hex = (text: string): Uint8Array => Buffer.from(text, "hex");
const nested = (depth: number): Uint8Array => Buffer.concat([Buffer.alloc(depth, 0x91), hex("c0")]);

/** Values of every MessagePack type, not nested deeper than is taken. */
const message = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double()),
    fc.string({ unit: "grapheme", maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ maxLength: 20 }).map((data) => new ExtData(42, data)),
    fc.array(tie("value"), { maxLength: 20 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 20 }),
  ),
})).value;

test("everything an encoder writes passes the scan", () => {
  fc.assert(fc.property(message, (value) => assert.equal(scanMessage(encode(value)), undefined)));
});

test("anything less or more than one whole value does not pass", () => {
  fc.assert(
    fc.property(message, fc.nat(), (value, cut) => {
      const bytes = encode(value);
      assert.equal(scanMessage(bytes.subarray(0, cut % bytes.length)), "encoding");
      assert.equal(scanMessage(Buffer.concat([bytes, hex("00")])), "encoding");
    }),
  );
});

test("every type of value passes at its exact size and at no other", () => {
  const values = [
    "c403000000 c50003000000 c600000003000000 d903616161 da0003616161 db00000003616161 a3616161",
    "c70307000000 c8000307000000 c90000000307000000 d40700 d5070000 d60700000000 d7070000000000000000",
    "d80700000000000000000000000000000000 cc00 cd0000 ce00000000 cf0000000000000000 d000 d10000 d200000000",
    "d30000000000000000 ca00000000 cb0000000000000000 c0 c2 c3 00 7f e0 ff 9100 8100c0",
    "dc000100 dd0000000100 de000100c0 df0000000100c0",
  ].flatMap((line) => line.split(" "));
  for (const value of values) {
    assert.equal(scanMessage(hex(value)), undefined, value);
    assert.equal(scanMessage(hex(value).subarray(0, -1)), "encoding", `${value} cut off`);
    assert.equal(scanMessage(hex(`${value}00`)), "encoding", `${value} and one byte`);
  }
  assert.equal(scanMessage(hex("c1")), "encoding");
});

test("a list or map that declares more than follows is refused before room is made for it", () => {
  for (const head of ["dc7fff", "dd01c9c380", "ddffffffff", "de7fff", "df01c9c380", "dfffffffff"]) {
    assert.equal(scanMessage(hex(`81a178${head}`)), "encoding", head);
    assert.equal(scanMessage(hex(`81a178${head.repeat(4)}`)), "encoding", `${head}, nested`);
  }
  const bomb = Buffer.concat([hex("81a178"), ...Array<Uint8Array>(20_000).fill(hex("dcffff"))]);
  const memoryBefore = process.memoryUsage().rss;
  assert.deepEqual(decodeMap(bomb, FACTS_MAX_BYTES), { ok: false, reason: "encoding" });
  assert.ok(process.memoryUsage().rss - memoryBefore < 50e6, "20,000 nested lists of 65,535 were given room");
});

test("a value nested as deep as is taken passes and one level more is refused as a schema error", () => {
  assert.equal(scanMessage(nested(MAX_DEPTH)), undefined);
  assert.equal(scanMessage(nested(MAX_DEPTH + 1)), "schema");
  assert.equal(scanMessage(nested(60_000)), "schema");
});
