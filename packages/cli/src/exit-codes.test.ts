import assert from "node:assert/strict";
import { test } from "node:test";
import { brokerErrors } from "@fleet/broker";
import { busErrors } from "@fleet/bus";
import { opsErrors } from "@fleet/ops";
import { presenceErrors } from "@fleet/presence";
import { runtimeErrors } from "@fleet/runtime";
import { cliErrors } from "./errors.ts";
import { EXIT, EXIT_CODE_OF_ERROR } from "./exit-codes.ts";

const codes = [runtimeErrors, busErrors, opsErrors, brokerErrors, presenceErrors, cliErrors].flatMap(({ rows }) =>
  Object.keys(rows),
);

test("what the user has to write otherwise ends with 2, everything else that goes wrong with 1", () => {
  const usage = codes.filter((code) => (EXIT_CODE_OF_ERROR[code] ?? EXIT.failed) === EXIT.usage);
  assert.deepEqual(usage.sort(), ["INVALID_OPTIONS", "USAGE"]);
  for (const code of codes) assert.notEqual(EXIT_CODE_OF_ERROR[code], EXIT.ok, `${code} would end with 0`);
});

test("every exit code is that of an error there is", () => {
  for (const code of Object.keys(EXIT_CODE_OF_ERROR)) assert.ok(codes.includes(code), `there is no error ${code}`);
});
