import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDelivery } from "./consumer-pull.ts";

const EXPECTED = { sequence: 302, storedAt: 1_767_323_045_678, pending: 17 };

test("the place of a message is read from every form of reply subject that servers use", () => {
  const forms = [
    // up to 2.9 and, without a domain, to this day
    "$JS.ACK.KV_facts.Q8zXcC1f.1.302.7.1767323045678901234.17",
    // with domain and account hash
    "$JS.ACK.hub.AB12CD34.KV_facts.Q8zXcC1f.1.302.7.1767323045678901234.17",
    // the same, no domain
    "$JS.ACK._.AB12CD34.KV_facts.Q8zXcC1f.1.302.7.1767323045678901234.17",
    // with the random token that was announced for the end
    "$JS.ACK._.AB12CD34.KV_facts.Q8zXcC1f.1.302.7.1767323045678901234.17.x7Yz",
  ];
  for (const form of forms) assert.deepEqual(parseDelivery(form), EXPECTED, form);
});

test("a reply subject that says no place gives none", () => {
  const others = [
    "",
    "_INBOX.abc.1",
    "$JS.ACK",
    "$JS.ACK.KV_facts.Q8zXcC1f.1.302.7",
    "$JS.ACK.KV_facts.Q8zXcC1f.1.many.7.1767323045678901234.17",
    "$JS.ACK.KV_facts.Q8zXcC1f.1.302.7.yesterday.17",
    "$JS.FC.KV_facts.Q8zXcC1f.1.302.7.1767323045678901234.17",
  ];
  for (const other of others) assert.equal(parseDelivery(other), undefined, other);
});
