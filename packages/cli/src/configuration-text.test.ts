import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readConfigurationText } from "./configuration-text.ts";

const SECRET = "s3cr3t";

describe("a text that is no map of settings", () => {
  const broken: Readonly<Record<string, string>> = {
    "a list that does not end": `log_level: info\nnats_url: [nats://joe:${SECRET}@h:4222\nlog_format: json\n`,
    "a key given twice": `nats_url: nats://joe:${SECRET}@h:4222\nnats_url: x\n`,
    "a quote that does not end": `nats_url: "nats://joe:${SECRET}@h:4222\n`,
    "a value that looks like a key": `nats_url: nats://joe:${SECRET}@h:4222: x\n`,
    "a value that looks like a tag": `nats_url: !${SECRET}\n`,
    "a value that looks like an alias": `nats_url: *${SECRET}\n`,
    "a value that looks like a block": `nats_url: |${SECRET}\n  x\n`,
    "an escape that is none": `nats_url: "a\\q${SECRET}"\n`,
    "a line that is neither key nor value": `  nats_url: a\n${SECRET}\n`,
    "a key inside a value": `nats_url: a\n  ${SECRET}: b\n`,
    "one bracket too many": `nats_url: {${SECRET}: }}\n`,
    "tabs as indentation": `nats_url: a\n\t${SECRET}: b\n`,
    "more than one document": `id: a\n---\n${SECRET}\n`,
    "a list": `- ${SECRET}\n`,
    "a scalar": `${SECRET}\n`,
  };
  for (const [what, text] of Object.entries(broken)) {
    it(`is told for ${what}, and nothing of it is repeated`, () => {
      const { problems } = readConfigurationText(text);
      assert.ok(problems.length > 0);
      for (const { message } of problems) {
        assert.ok(message.length > 10, message);
        assert.ok(!message.includes(SECRET), message);
      }
    });
  }

  it("is told with the line where that is known, and with all that is wrong", () => {
    const { problems } = readConfigurationText("id: a\nid: b\nlog_level: x: y\n");
    assert.deepEqual(problems, [
      { line: 2, message: "Map keys must be unique" },
      { line: 3, message: "Nested mappings are not allowed in compact mappings" },
    ]);
  });
});

it("scalars are text as written, and nothing is an empty map", () => {
  assert.deepEqual(readConfigurationText("label:\n  release: 1.10\n  on: yes\nid:\n").content, {
    label: { release: "1.10", on: "yes" },
    id: null,
  });
  const { content, problems } = readConfigurationText("# nothing\n");
  assert.deepEqual({ content, problems }, { content: {}, problems: [] });
});
