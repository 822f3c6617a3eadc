import assert from "node:assert/strict";
import { test } from "node:test";
import { createTextBuffer } from "./text-buffer.ts";

test("what is taken is what was appended since the last time", () => {
  const buffer = createTextBuffer();
  assert.equal(buffer.take(), "");
  for (const part of ["fleet_peels", "", "{", "Zürich 東京 🍊", "}", " 1\n"]) buffer.append(part);
  assert.equal(buffer.take(), "fleet_peels{Zürich 東京 🍊} 1\n");
  buffer.append("next");
  assert.equal(buffer.take(), "next");
});

test("texts longer than all before come out as they went in, in whatever script", () => {
  const buffer = createTextBuffer();
  for (const character of ["a", "é", "東", "🍊"]) {
    for (const length of [1, 2_000, 8_192, 100_000]) {
      const text = character.repeat(length);
      buffer.append("<");
      buffer.append(text);
      buffer.append(">");
      assert.ok(buffer.take() === `<${text}>`, `${length} times ${character}`);
    }
  }
});
