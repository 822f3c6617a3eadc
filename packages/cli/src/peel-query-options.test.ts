import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FleetError, InvalidOptionsError } from "@fleet/runtime";
import {
  requirePeelId,
  resolveCountKey,
  resolveDocumentOptions,
  resolvePeelFilter,
  resolvePeelListOptions,
  resolveSince,
  withPatterns,
} from "./peel-query-options.ts";

/** The problems of options, as `option: message`. */
function problemsOf(resolve: () => unknown): string[] {
  try {
    resolve();
  } catch (error) {
    assert.ok(error instanceof InvalidOptionsError, `${error}`);
    return error.problems.map(({ option, message }) => `${option}: ${message}`);
  }
  return [];
}

test("what is not said has its default", () => {
  assert.deepEqual(resolvePeelListOptions({}), {
    output: "table",
    order: { column: "id", descending: false },
    watch: false,
    check: false,
    timeoutMs: 5_000,
  });
  assert.deepEqual(resolveDocumentOptions({}), { output: "table", timeoutMs: 5_000 });
  assert.equal(resolveSince({}), 86_400_000);
  assert.equal(resolveCountKey({}), "state");
  assert.deepEqual(resolvePeelFilter({}), {});
});

test("what is said counts", () => {
  const { order, output } = resolvePeelListOptions({ sort: "-last-seen", output: "wide" });
  assert.deepEqual([order, output], [{ column: "last-seen", descending: true }, "wide"]);
  assert.equal(resolveSince({ since: "7d" }), 7 * 86_400_000);
  assert.equal(resolveCountKey({ by: "label:zone" }), "label:zone");
  assert.deepEqual(resolvePeelFilter({ label: { role: "web" }, online: true }), {
    labels: { role: "web" },
    states: ["online", "late", "conflict"],
  });
  assert.deepEqual(resolvePeelFilter({ offline: true }), { states: ["offline"] });
  assert.deepEqual(resolvePeelFilter({ state: ["late", "conflict"] }), { states: ["late", "conflict"] });
});

describe("options that cannot be", () => {
  const cases: readonly [() => unknown, RegExp][] = [
    [
      () => resolvePeelListOptions({ output: "xml" }),
      /^output: "xml" is not a format; use table, wide, json, yaml or ids$/,
    ],
    [() => resolvePeelListOptions({ sort: "age" }), /^sort.*: "age" is not a column; use id, state, .* or reason$/],
    [() => resolvePeelListOptions({ watch: true, output: "ids" }), /^watch: changes are shown as a table or as json$/],
    [() => resolvePeelListOptions({ watch: true, check: true }), /^watch: does not go with --check$/],
    [() => resolveDocumentOptions({ output: "ids" }), /^output: "ids" is not a format; use table, json or yaml$/],
    [() => resolveSince({ since: "yesterday" }), /^since: "yesterday" is not a duration/],
    [() => resolveCountKey({ by: "weight" }), /^by: peels cannot be counted by "weight"; use state, .* or label:KEY$/],
    [() => resolvePeelFilter({ online: true, offline: true }), /^offline: does not go with --online$/],
    [() => resolvePeelFilter({ online: true, state: ["late"] }), /^state: does not go with --online or --offline$/],
    [
      () => resolvePeelFilter({ state: ["asleep"] }),
      /^state\.0: "asleep" is not a state; use online, late, offline or conflict$/,
    ],
  ];
  for (const [resolve, message] of cases) {
    test(`are named: ${message.source}`, () => {
      const [problem = "none", ...others] = problemsOf(resolve);
      assert.match(problem, message);
      assert.deepEqual(others, []);
    });
  }
});

test("arguments are ids or patterns, and those that can be neither are named together", () => {
  const filter = { labels: { role: "web" } };
  assert.equal(withPatterns(filter, []), filter);
  assert.deepEqual(withPatterns(filter, ["web-*", "db_1"]), { ...filter, ids: ["web-*", "db_1"] });
  assert.throws(
    () => withPatterns({}, ["web-1", "_term", "a b", "x*/y"]),
    (error) => error instanceof FleetError && error.code === "USAGE" && error.message.split("\n").length === 3,
  );
  assert.throws(() => requirePeelId("web-*"), /"web-\*" cannot be a peel id: 1 to 128/);
});
