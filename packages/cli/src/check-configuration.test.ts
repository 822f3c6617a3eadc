import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkConfigurationText } from "./check-configuration.ts";

/** Line and message of each problem; of messages only the beginning that is given. */
async function assertProblems(text: string, expected: readonly (readonly [number | undefined, string])[]) {
  const problems = await checkConfigurationText(text);
  assert.equal(problems.length, expected.length, JSON.stringify(problems));
  for (const [index, [line, start]] of expected.entries()) {
    const problem = problems[index];
    assert.equal(problem?.line, line, JSON.stringify(problems));
    assert.ok(problem?.message.startsWith(start), `${problem?.message} does not begin with ${start}`);
  }
}

describe("checking a configuration file", () => {
  test("finds nothing in one that is right for a peel, a master or both", async () => {
    for (const text of ["", "id: a\nlabel:\n  role: web\n", "count_interval: 5s\nreplicas: 3\n"]) {
      await assertProblems(text, []);
    }
  });

  test("names every problem at once, each with its line, and what peel and master share only once", async () => {
    const text = [
      "nats_ulr: nats://a",
      "log_level: loud",
      "label:",
      "  role: web",
      "  bad key: x",
      "nats_url:",
      "  - nats://a",
      "  - http://b",
      "heartbeat_interval: 20s",
      "shutdown_timeout: soon",
      "replicas: 9",
      "nats_ca: [x]",
    ].join("\n");
    await assertProblems(text, [
      [undefined, "heartbeat_ttl: 30s is less than three times the heartbeat interval of 20s"],
      [1, 'unknown key "nats_ulr"; did you mean "nats_url"?'],
      [2, 'log_level: "loud" is not valid; use debug, info, warn, error'],
      [5, 'label bad key: "bad key" cannot be a label'],
      [8, 'nats_url: "http://" is not a NATS URL'],
      [10, 'shutdown_timeout: "soon" is not a duration'],
      [11, "replicas: too many; use 1 to 5"],
      [12, "nats_ca: a single value is wanted"],
    ]);
  });

  test("names every error of the YAML itself", async () => {
    await assertProblems("id: a\nid: b\nlabel: [x\n", [
      [2, "Map keys must be unique"],
      [4, "Flow sequence in block collection"],
    ]);
    await assertProblems("- a", [[undefined, "a map of settings is wanted"]]);
  });

  test("does not mind the name of the machine it is done on, and never repeats a password", async () => {
    const [problem] = await checkConfigurationText("nats_url: nats://u:secret@h:notaport");
    assert.doesNotMatch(problem?.message ?? "secret", /secret/);
  });
});
