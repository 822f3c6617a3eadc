import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compileGlob, createPeelMatcher, isPattern } from "./peel-filter.ts";

describe("a glob", () => {
  const cases: readonly [string, readonly string[], readonly string[]][] = [
    ["*", ["", "web-1", "a"], []],
    ["web-*", ["web-", "web-1", "web-1-2"], ["web", "xweb-1", "db-1"]],
    ["*-1", ["web-1", "-1"], ["web-12", "web-2"]],
    ["w*b*1", ["wb1", "web-1", "wxxbyy11"], ["web-2", "wx1"]],
    ["web-?", ["web-1", "web-a"], ["web-", "web-12"]],
    ["web-[1-3]", ["web-1", "web-3"], ["web-4", "web-", "web-12"]],
    ["web-[13a-c]", ["web-1", "web-3", "web-b"], ["web-2", "web-d"]],
    ["web-[!1-3]", ["web-4", "web-a"], ["web-1", "web-3"]],
    ["web-[^1]", ["web-2"], ["web-1"]],
    ["web-[a-]", ["web-a", "web--"], ["web-b"]],
    ["web.example.com", ["web_example_com"], ["webxexamplexcom", "web.example.com"]],
    ["web-[1", ["web-[1"], ["web-1"]],
    ["[]a]", ["]", "a"], ["b"]],
  ];
  for (const [pattern, matching, others] of cases) {
    test(`${pattern} matches ${matching.join(", ")} and nothing else`, () => {
      const matches = compileGlob(pattern);
      for (const id of matching) assert.ok(matches(id), id);
      for (const id of others) assert.ok(!matches(id), id);
    });
  }

  test("takes no longer than id times pattern, whoever wrote it", () => {
    const matches = compileGlob(`${"*a".repeat(60)}b`);
    const startedMono = performance.now();
    for (let turn = 0; turn < 100; turn += 1) assert.ok(!matches("a".repeat(128)));
    assert.ok(performance.now() - startedMono < 2_000);
  });
});

test("an id is no pattern", () => {
  for (const id of ["web-1", "Web_1"]) assert.ok(!isPattern(id), id);
  for (const pattern of ["web*", "web-?", "web-[1]", "web.example"]) assert.ok(isPattern(pattern), pattern);
});

describe("a filter", () => {
  const web = { id: "web-1", state: "online", labels: { role: "web", zone: "eu" } } as const;
  const db = { id: "db-1", state: "offline", labels: { role: "db" } } as const;
  const odd = { id: "odd", state: undefined, labels: {} } as const;
  const all = [web, db, odd];
  const cases: readonly [string, Parameters<typeof createPeelMatcher>[0], readonly object[]][] = [
    ["without members lets all pass", {}, all],
    ["of ids lets these pass", { ids: ["db-1", "odd", "nobody"] }, [db, odd]],
    ["of ids and patterns lets what one matches pass", { ids: ["w*", "odd"] }, [web, odd]],
    ["without any id lets none pass", { ids: [] }, []],
    ["of a state lets those of which it is known pass", { states: ["offline", "late"] }, [db]],
    ["of a label wants this value", { labels: { role: "web" } }, [web]],
    ["of labels wants all of them", { labels: { role: "web", zone: "us" } }, []],
    ["of a label that nobody has lets none pass", { labels: { constructor: "Object" } }, []],
    ["of several kinds wants all of them", { ids: ["*-1"], states: ["online"], labels: { zone: "eu" } }, [web]],
  ];
  for (const [name, filter, expected] of cases) {
    test(name, () => assert.deepEqual(all.filter(createPeelMatcher(filter)), expected));
  }
});
