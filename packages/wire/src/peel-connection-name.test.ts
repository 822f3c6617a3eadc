import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parsePeelConnectionName, peelConnectionName } from "./peel-connection-name.ts";

test("the peel and its session come back out of the name of its connection", () => {
  const id = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_-]{0,127}$/);
  const session = fc.stringMatching(/^[0-9A-Za-z]{27}$/);
  fc.assert(
    fc.property(fc.record({ id, session }, { noNullPrototype: true }), (peel) => {
      assert.deepEqual(parsePeelConnectionName(peelConnectionName(peel)), peel);
    }),
  );
});

test("no other connection's name is taken for a peel's", () => {
  const others = [
    "",
    "peel",
    "peel:",
    "peel:web1",
    "peel:web1:",
    "peel::abc",
    "peel:web1:abc:d",
    "peel:_web1:abc",
    "peel:web.1:abc",
    "peel:web1:a b",
    "master:web1:abc",
    "Peel:web1:abc",
    " peel:web1:abc",
    `peel:web1:${"a".repeat(65)}`,
    `peel:${"w".repeat(129)}:abc`,
  ];
  for (const name of others) assert.equal(parsePeelConnectionName(name), undefined, name);
  fc.assert(
    fc.property(fc.string(), (name) => {
      const peel = parsePeelConnectionName(name);
      if (peel) assert.equal(peelConnectionName(peel), name);
    }),
  );
});
