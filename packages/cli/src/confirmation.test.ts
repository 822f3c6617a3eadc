import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { confirm } from "./confirmation.ts";

/** Asks, types these keys, and gives back the answer with all that was shown. */
async function typed(keys: string): Promise<{ answer: boolean; shown: string }> {
  const input = new PassThrough();
  const output = Object.assign(new PassThrough(), { isTTY: true });
  let shown = "";
  output.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
  });
  const answer = confirm("Sure?", { input, output });
  input.write(keys);
  return { answer: await answer, shown };
}

test("only y and yes confirm, in any case", async () => {
  for (const keys of ["y\r", "Y\r", "yes\r", " YES \r"]) assert.equal((await typed(keys)).answer, true, keys);
  for (const keys of ["\r", "n\r", "no\r", "yep\r", "1\r"]) assert.equal((await typed(keys)).answer, false, keys);
});

test("the question names its default", async () => {
  assert.match((await typed("\r")).shown, /Sure\? \[y\/N\] /);
});

test("Ctrl-C and Ctrl-D are a no, and leave the line", async () => {
  for (const keys of ["\x03", "\x04", "y\x03"]) {
    const { answer, shown } = await typed(keys);
    assert.equal(answer, false);
    assert.ok(shown.endsWith("\n"));
  }
});
