import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonParts } from "./json-parts.ts";

const head = { schema_version: 1, as_of: "2026-01-02T03:04:05.000Z", blindness: null, nested: { peels: [0] } };

for (const count of [0, 1, 2, 999, 1_000, 1_001, 2_500]) {
  test(`a list of ${count} has the text that it has as a whole`, () => {
    const members = Array.from({ length: count }, (_, index) => ({
      id: `p${index}`,
      none: null,
      labels: index % 2 === 0 ? {} : { "a\n0": ["0"] },
    }));
    const parts = [...jsonParts(head, "peels", members)];
    assert.equal(parts.join(""), JSON.stringify({ ...head, peels: members }, null, 2));
    assert.ok(parts.length <= count / 1_000 + 2, `${parts.length} parts`);
  });
}
