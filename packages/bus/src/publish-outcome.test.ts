import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isFleetError } from "@fleet/runtime";
import type { Message } from "./message.ts";
import { readPublishOutcome } from "./publish-outcome.ts";

function reply(text: string, status = 0): Message {
  const payload = new TextEncoder().encode(text);
  return { subject: "inbox", payload, reply: undefined, status, header: () => undefined };
}

describe("the outcome of a publish", () => {
  const stored: readonly [string, number][] = [
    ['{"stream":"KV_b", "seq":1}', 1],
    ['{"stream":"KV_b","seq":90071992547}', 90_071_992_547],
    ['{"stream":"KV_b","domain":"hub","seq":42,"duplicate":true}', 42],
    ['{"seq":7,"stream":"\\"seq\\":9"}', 7],
    ['{"stream":"KV_b","seq": 5 }', 5],
  ];
  for (const [text, sequence] of stored) {
    it(`is the sequence in ${text}`, () => assert.equal(readPublishOutcome(reply(text), "s"), sequence));
  }

  const refused: readonly [string, string, number?][] = [
    ['{"error":{"code":400,"err_code":10071,"description":"wrong"},"stream":"KV_b","seq":0}', "REVISION_CONFLICT"],
    ['{"error":{"code":429,"err_code":10167,"description":"too many"},"stream":"KV_b","seq":0}', "BACKPRESSURE"],
    ['{"error":{"code":503,"err_code":10008,"description":"no leader"},"stream":"KV_b","seq":0}', "UNAVAILABLE"],
    ["", "BACKPRESSURE", 429],
    ["", "UNAVAILABLE", 503],
    ['{"stream":"KV_b"}', "BROKER_ERROR"],
    ['{"stream":"KV_b","xseq":12}', "BROKER_ERROR"],
    ['{"stream":"KV_b","seq":"12"}', "BROKER_ERROR"],
    ["12}", "BACKPRESSURE"],
    ["}", "BACKPRESSURE"],
  ];
  for (const [text, code, status] of refused) {
    it(`is ${code} for ${text || `the status ${status}`}`, () => {
      const outcome = readPublishOutcome(reply(text, status), "s");
      assert.ok(isFleetError(outcome, code), String(outcome));
    });
  }
});
