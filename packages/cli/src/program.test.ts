import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createProgram, isParserError } from "./program.ts";
import { LOG_SETTINGS, MASTER_SETTINGS, PEEL_SETTINGS } from "./settings.ts";

/** Runs the parser alone: nothing is printed, and no command's code is loaded. */
async function parse(...args: string[]): Promise<string> {
  let printed = "";
  const write = (text: string) => {
    printed += text;
  };
  const program = createProgram("1.2.3");
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    command.configureOutput({ writeOut: write, writeErr: write }).exitOverride();
  }
  try {
    await program.parseAsync(["node", "fleet", ...args]);
  } catch (error) {
    assert.ok(isParserError(error), String(error));
  }
  return printed;
}

describe("the command line", () => {
  test("names every setting of a daemon with its variable and its default", async () => {
    for (const [role, settings] of [
      ["peel", PEEL_SETTINGS],
      ["master", MASTER_SETTINGS],
    ] as const) {
      const help = (await parse(role, "run", "--help")).replaceAll(/\s+/g, " ");
      assert.match(help, /^Examples: \$ fleet/);
      for (const { flag, variables, defaultText } of [...settings, ...LOG_SETTINGS]) {
        assert.ok(help.includes(flag), flag);
        assert.ok(help.includes(variables.join(", ")), flag);
        assert.ok(defaultText === undefined || help.includes(`default: ${defaultText}`), flag);
      }
    }
  });

  test("refuses an unknown flag and suggests the nearest", async () => {
    assert.match(
      await parse("peel", "run", "--nats-ulr", "x"),
      /unknown option '--nats-ulr'\s+\(Did you mean --nats-url\?\)/,
    );
  });

  test("tells the version it was made with", async () => {
    assert.equal(await parse("--version"), "1.2.3\n");
  });
});
