import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDuration, parseDuration } from "./duration.ts";

const READ: ReadonlyArray<readonly [string, number]> = [
  ["0", 0],
  ["0s", 0],
  ["250ms", 250],
  ["15s", 15_000],
  ["1m", 60_000],
  ["1h30m", 5_400_000],
  ["2h3m0s", 7_380_000],
  ["1.5s", 1_500],
  ["1d", 86_400_000],
  ["1m1ms", 60_001],
  ["1ms1m", 60_001],
  ["1s1s", 2_000],
  ["007s", 7_000],
  // These are not whole in binary: 1.005 * 1000 is 1004.9999999999999.
  ["1.005s", 1_005],
  ["0.0000335s", 0.0335],
];

for (const [text, durationMs] of READ) {
  test(`"${text}" is read as ${durationMs} ms`, () => {
    assert.equal(parseDuration(text), durationMs);
  });
}

const GARBAGE = [
  ["", "nothing"],
  ["15", "no unit"],
  ["s", "no amount"],
  ["1h30", "a last part without a unit"],
  ["15 s", "a blank inside"],
  [" 15s", "a blank before"],
  ["15s\n", "a line end"],
  ["-15s", "a sign"],
  ["+15s", "a sign"],
  [".5s", "no digit before the point"],
  ["1.s", "no digit after the point"],
  ["1.2.3s", "two points"],
  ["1e3s", "an exponent"],
  ["15S", "an unknown unit"],
  ["15sec", "an unknown unit"],
  ["1w", "an unknown unit"],
  ["٣s", "digits of another script"],
  ["Infinitys", "a word"],
  [`${"9".repeat(400)}s`, "more than a number holds"],
] as const;

for (const [text, why] of GARBAGE) {
  test(`${JSON.stringify(text.slice(0, 20))} is not a duration: ${why}`, () => {
    assert.equal(parseDuration(text), undefined);
  });
}

test("a very long text is refused in no time", () => {
  const startedMono = performance.now();
  assert.equal(parseDuration(`${"1s".repeat(100_000)}!`), undefined);
  assert.equal(parseDuration("1".repeat(200_000)), undefined);
  assert.ok(performance.now() - startedMono < 1_000);
});

const WRITTEN: ReadonlyArray<readonly [number, string]> = [
  [0, "0s"],
  [0.4, "0s"],
  [-0.4, "0s"],
  [1, "1ms"],
  [250, "250ms"],
  [999, "999ms"],
  [999.6, "1s"],
  [1_000, "1s"],
  [1_500, "1.5s"],
  [1_990, "1.9s"],
  [15_000, "15s"],
  [59_960, "59.9s"],
  [59_999.9, "1m0s"],
  [60_000, "1m0s"],
  [119_999, "1m59s"],
  [3_600_000, "1h0m0s"],
  [7_380_000, "2h3m0s"],
  [90_000_000, "25h0m0s"],
  [-1_500, "-1.5s"],
  [-7_380_000, "-2h3m0s"],
];

for (const [durationMs, text] of WRITTEN) {
  test(`${durationMs} ms is written "${text}"`, () => {
    assert.equal(formatDuration(durationMs), text);
  });
}

test("what is written can be read back, and is less than one step of its last unit away", () => {
  for (let durationMs = 0; durationMs < 100_000_000; durationMs += 1 + Math.floor(durationMs / 37)) {
    const read = parseDuration(formatDuration(durationMs));
    assert.ok(read !== undefined, `${durationMs} ms`);
    const stepMs = durationMs < 1_000 ? 1 : durationMs < 60_000 ? 100 : 1_000;
    assert.ok(read <= durationMs && durationMs - read < stepMs, `${durationMs} ms was read back as ${read} ms`);
  }
});
