import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type SettingKind, setting } from "./setting.ts";
import { shapeValue } from "./setting-value.ts";

function shape(kind: SettingKind, raw: unknown): unknown {
  return shapeValue(setting("label", "a label", { kind, placeholder: "key=value" }), raw);
}

describe("a text", () => {
  test("stays as it was written", () => {
    assert.deepEqual(shape("text", " 007 "), { value: " 007 " });
    assert.deepEqual(shape("text", ""), { value: "" });
  });

  test("is not a list or a map", () => {
    for (const raw of [["a"], { a: "b" }]) {
      assert.deepEqual(shape("text", raw), { problem: "a single value is wanted, a key=value" });
    }
  });
});

describe("a list", () => {
  test("is what was repeated, separated by commas, or both", () => {
    for (const raw of ["a,b,c", ["a", "b", "c"], ["a", "b,c"], " a , b,,c,"]) {
      assert.deepEqual(shape("list", raw), { value: ["a", "b", "c"] });
    }
    assert.deepEqual(shape("list", ","), { value: [] });
  });

  test("has only texts in it", () => {
    for (const raw of [["a", ["b"]], [{ a: "b" }], { a: "b" }, [null]]) {
      assert.deepEqual(shape("list", raw), { problem: "a list of texts is wanted" });
    }
  });
});

describe("a map", () => {
  test("is a map, a list of pairs, or pairs separated by commas", () => {
    for (const raw of [{ a: "1", b: "2" }, ["a=1", "b=2"], "a=1,b=2", "a = 1, b = 2"]) {
      assert.deepEqual(shape("map", raw), { value: { a: "1", b: "2" } });
    }
  });

  test("takes what follows the first equals sign as the value, which may be empty or hold a comma", () => {
    assert.deepEqual(shape("map", ["a=b=c", "d=", "e=1,2"]), { value: { a: "b=c", d: "", e: "1,2" } });
  });

  test("says which pair is none", () => {
    for (const [raw, shown] of [
      ["a=1,b", '"b"'],
      [["=x"], '"=x"'],
      [[{ a: "1" }], '{"a":"1"}'],
      ["a=1,", '""'],
    ] as const) {
      assert.deepEqual(shape("map", raw), { problem: `${shown} is not of the form key=value` });
    }
  });

  test("has only texts for values", () => {
    for (const value of [["x"], { x: "y" }, null]) {
      assert.deepEqual(shape("map", { a: "1", b: value }), { problem: 'the value of "b" is not a single text' });
    }
  });
});

describe("a switch", () => {
  test("is on or off in a few spellings", () => {
    for (const raw of [true, "true", "1"]) assert.deepEqual(shape("switch", raw), { value: true });
    for (const raw of [false, "false", "0"]) assert.deepEqual(shape("switch", raw), { value: false });
  });

  test("is nothing else", () => {
    assert.deepEqual(shape("switch", "on"), { problem: '"on" is not a yes or no; write true or false' });
    assert.deepEqual(shape("switch", ["x"]), { problem: '["x"] is not a yes or no; write true or false' });
  });
});
