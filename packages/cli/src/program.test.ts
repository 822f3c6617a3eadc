import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Command } from "commander";
import {
  PEEL_COUNT_SETTINGS,
  PEEL_FORGET_SETTINGS,
  PEEL_HISTORY_SETTINGS,
  PEEL_LIST_SETTINGS,
  PEEL_SHOW_SETTINGS,
} from "./presence-settings.ts";
import { createProgram, isParserError } from "./program.ts";
import type { Setting } from "./setting.ts";
import {
  CONFIG_OUTPUT,
  DEV_SETTINGS,
  LIST_SETTINGS,
  LOG_SETTINGS,
  MASTER_SETTINGS,
  PEEL_SETTINGS,
  PING_SETTINGS,
  STEP_DOWN_SETTINGS,
} from "./settings.ts";

/** Parses a command line that is not to be run, and gives back what it said and its exit code. */
async function parse(...args: string[]): Promise<{ out: string; err: string; exitCode: number }> {
  const program = createProgram("1.2.3");
  let [out, err] = ["", ""];
  const output = {
    writeOut: (text: string) => {
      out += text;
    },
    writeErr: (text: string) => {
      err += text;
    },
    getOutHelpWidth: () => 80,
  };
  for (const command of allCommands(program)) command.configureOutput(output);
  try {
    await program.parseAsync(["node", "fleet", ...args]);
  } catch (error) {
    assert.ok(isParserError(error), `${error}`);
    return { out, err, exitCode: error.exitCode };
  }
  return assert.fail(`fleet ${args.join(" ")} was run`);
}

function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

const settingsOf: Readonly<Record<string, readonly Setting[]>> = {
  "peel run": [...PEEL_SETTINGS, ...LOG_SETTINGS],
  "peel list": PEEL_LIST_SETTINGS,
  "peel show": PEEL_SHOW_SETTINGS,
  "peel history": PEEL_HISTORY_SETTINGS,
  "peel count": PEEL_COUNT_SETTINGS,
  "peel forget": PEEL_FORGET_SETTINGS,
  "peel ping": PING_SETTINGS,
  "master run": [...MASTER_SETTINGS, ...LOG_SETTINGS],
  "lease list": LIST_SETTINGS,
  "lease step-down": STEP_DOWN_SETTINGS,
  "config show": [CONFIG_OUTPUT],
  "config show peel": [...PEEL_SETTINGS, ...LOG_SETTINGS, CONFIG_OUTPUT],
  "config show master": [...MASTER_SETTINGS, ...LOG_SETTINGS, CONFIG_OUTPUT],
  dev: DEV_SETTINGS,
};

const pages = ["", "peel", "master", "lease", "config", "config check", ...Object.keys(settingsOf)];

describe("the help", () => {
  for (const page of pages) {
    test(`of "${`fleet ${page}`.trim()}" begins with examples, which are of that command, and exits with 0`, async () => {
      const { out, exitCode } = await parse(...page.split(" ").filter(Boolean), "--help");
      assert.equal(exitCode, 0);
      assert.match(out, new RegExp(`^Examples:\n(  \\$ .*fleet ${page}.*\n)+\nUsage: `));
    });
  }

  for (const [page, settings] of Object.entries(settingsOf)) {
    test(`of "fleet ${page}" names every flag with its environment variables and its default`, async () => {
      const { out } = await parse(...page.split(" "), "--help");
      const text = out.replaceAll(/\s+/g, " ");
      const flagged = settings.filter(({ environmentOnly }) => !environmentOnly);
      for (const { flag, kind, placeholder, description, defaultText, defaultNote, variables } of flagged) {
        assert.ok(text.includes(kind === "switch" ? `${flag} ${description}` : `${flag} <${placeholder}>`), flag);
        assert.ok(text.includes(description), flag);
        const inForce = defaultText ?? defaultNote;
        if (inForce !== undefined) assert.ok(text.includes(`default: ${inForce}`), flag);
        if (variables.length > 0) assert.ok(text.includes(`env: ${variables.join(", ")})`), flag);
      }
      assert.equal(text.includes("--config <file>"), page !== "dev");
    });
  }

  test("has no line wider than a terminal, but for examples", async () => {
    for (const page of pages) {
      const { out } = await parse(...page.split(" ").filter(Boolean), "--help");
      for (const line of out.split("\n")) assert.ok(line.length <= 80 || line.startsWith("  $ "), line);
    }
  });
});

test("the settings that both daemons have are told the same of", () => {
  for (const item of PEEL_SETTINGS) {
    const other = MASTER_SETTINGS.find(({ flag }) => flag === item.flag);
    if (other && !["--id", "--health-addr"].includes(item.flag)) assert.deepEqual(item, other);
  }
});

test("fleet --version prints the version alone", async () => {
  for (const flag of ["--version", "-V"]) assert.deepEqual(await parse(flag), { out: "1.2.3\n", err: "", exitCode: 0 });
});

describe("a wrong command line", () => {
  const cases: readonly [string, RegExp][] = [
    ["pel", /^fleet: unknown command 'pel'\n\(Did you mean peel\?\)\n/],
    ["peel lst", /^fleet: unknown command 'lst'\n\(Did you mean list\?\)\n/],
    ["peel list --outptu json", /^fleet: unknown option '--outptu'\n\(Did you mean --output\?\)\n/],
    ["peel list --output", /^fleet: option '-o, --output <format>' argument missing\n/],
    ["peel run web-1", /^fleet: too many arguments for 'run'. Expected 0 arguments but got 1.\n/],
    ["master run a b", /^fleet: too many arguments for 'run'/],
    ["lease step-down", /^fleet: missing required argument 'name'\n/],
    ["peel ping", /^fleet: missing required argument 'id'\n/],
    ["peel show", /^fleet: missing required argument 'id'\n/],
    ["peel show web-1 web-2", /^fleet: too many arguments for 'show'/],
    ["lease list all", /^fleet: too many arguments for 'list'/],
    ["dev 5", /^fleet: too many arguments for 'dev'/],
    ["config chek", /^fleet: unknown command 'chek'\n\(Did you mean check\?\)\n/],
    ["config check", /^fleet: missing required argument 'file'\n/],
    ["dev --config x", /^fleet: unknown option '--config'/],
  ];
  for (const [line, message] of cases) {
    test(`such as "fleet ${line}" is refused, with what to do on stderr`, async () => {
      const { out, err, exitCode } = await parse(...line.split(" "));
      assert.equal(out, "");
      assert.match(err, message);
      assert.match(err, /\(run with --help for usage\)\n$/);
      assert.notEqual(exitCode, 0);
    });
  }

  for (const group of ["", "peel", "master", "lease", "config"]) {
    test(`that ends at "${`fleet ${group}`.trim()}" gets its help on stderr`, async () => {
      const { out, err, exitCode } = await parse(...group.split(" ").filter(Boolean));
      assert.equal(out, "");
      assert.match(err, /^Examples:\n/);
      assert.notEqual(exitCode, 0);
    });
  }
});
