import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidOptionsError } from "@fleet/runtime";
import { resolveLogOptions } from "./log-options.ts";

test("the log is JSON from level info on, unless told otherwise", () => {
  assert.deepEqual(resolveLogOptions({}), { level: "info", format: "json" });
  assert.deepEqual(resolveLogOptions({ logLevel: "debug", logFormat: "text" }), { level: "debug", format: "text" });
});

test("a word that is not known is refused with those that are", () => {
  assert.throws(
    () => resolveLogOptions({ logLevel: "INFO", logFormat: "xml" }),
    (error) => {
      assert.ok(error instanceof InvalidOptionsError);
      assert.deepEqual(error.problems, [
        { option: "logLevel", message: '"INFO" is not valid; use debug, info, warn, error' },
        { option: "logFormat", message: '"xml" is not valid; use json, text' },
      ]);
      return true;
    },
  );
});
