import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PieceColumn, readPieces } from "./text-column.ts";

function writtenPieces(texts: readonly (string | undefined)[]) {
  const column = new PieceColumn(texts.length);
  for (const text of texts) column.add(text);
  return column.take();
}

test("texts come back as they were, whatever their characters and lengths", () => {
  const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("\ufeff", "x".repeat(300), "💡", undefined));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 20 }), (texts) => {
      assert.deepEqual(
        readPieces(writtenPieces(texts), texts.length),
        texts.map((each = "") => each),
      );
    }),
  );
});

test("texts of one length say so once", () => {
  const { lengths } = writtenPieces(Array.from({ length: 100 }, () => "2ixx3TkmgRC7cAEe2ThqEkh9cqL"));
  assert.equal(lengths.length, 3);
});

test("any bytes are texts or are refused", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 12 }),
      fc.uint8Array({ maxLength: 12 }),
      fc.nat({ max: 10 }),
      (lengths, text, rows) => {
        const read = readPieces({ lengths, text }, rows);
        assert.ok(read === undefined || read.length === rows);
      },
    ),
  );
});
