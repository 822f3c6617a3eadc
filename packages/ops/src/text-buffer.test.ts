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

test("backslashes, quotes and ends of lines are escaped where it is asked for, beside characters of any script", () => {
  const buffer = createTextBuffer();
  const text = 'a\\b"c\nd é 東\\ 🍊"';
  buffer.append(text, '\\\n"');
  assert.equal(buffer.take(), 'a\\\\b\\"c\\nd é 東\\\\ 🍊\\"');
  buffer.append(text, "\\\n");
  assert.equal(buffer.take(), 'a\\\\b"c\\nd é 東\\\\ 🍊"');
  buffer.append(text);
  assert.equal(buffer.take(), text);
});

test("every character comes out as it went in, and half a one as that which stands for it", () => {
  const buffer = createTextBuffer();
  for (const codePoint of [0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff]) {
    const character = String.fromCodePoint(codePoint);
    buffer.append(character);
    assert.equal(buffer.take(), character, `U+${codePoint.toString(16)}`);
  }
  for (const half of ["\ud83c", "\udf4a"]) {
    buffer.append(`<${half}>`);
    assert.equal(buffer.take(), "<\ufffd>");
  }
});

test("numbers come out as String writes them", () => {
  const buffer = createTextBuffer();
  const powers = Array.from({ length: 22 }, (_, exponent) => 10 ** exponent);
  const limits = [2 ** 31, 2 ** 32, 2 ** 53, Number.MAX_SAFE_INTEGER].flatMap((limit) => [limit - 1, limit, limit + 1]);
  const integers = [0, -0, 7, 123_456_789_012, ...limits, ...powers, ...powers.map((power) => power - 1)];
  const fractions = [0.1, 0.1 + 0.2, 1 / 3, 1e-7, 5e-324, 1e21, 1_763_712_345.678, Number.MAX_VALUE];
  for (const number of [...integers, ...fractions, Number.NaN]) {
    for (const value of [number, -number]) {
      buffer.append("<");
      buffer.appendNumber(value);
      buffer.append(">");
      assert.equal(buffer.take(), `<${value}>`);
    }
  }
});

test("what is taken back is as if it had never been appended", () => {
  const buffer = createTextBuffer();
  buffer.append("fleet_beats_total");
  buffer.drop("_total".length);
  buffer.append(" 1");
  assert.equal(buffer.take(), "fleet_beats 1");
});
