import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import type { Guardian } from "@fleet/broker";
import { isFleetError } from "@fleet/runtime";
import { createFakeClock, eventually } from "@fleet/runtime/testing";
import { type ChildServiceParts, createChildService } from "./child-service.ts";

const folder = mkdtempSync(join(tmpdir(), "fleet-child-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Told `up` it prints its arguments and stays. */
const program = join(folder, "program.mjs");
writeFileSync(
  program,
  `const [what, ...rest] = process.argv.slice(2);
  if (what === "deaf") process.on("SIGTERM", () => console.log("not heeded"));
  if (what === "polite") process.on("SIGTERM", () => process.exit(0));
  if (what === "fails") { console.error("out of luck"); process.exit(7); }
  if (what === "talks") for (let line = 1; line <= 30; line += 1) console.log("line " + line);
  if (what === "talks") process.exit(1);
  if (what === "ends") process.exit(0);
  console.log("up", ...rest, process.env.GREETING);
  setInterval(() => {}, 1_000);
  `,
);

/** Starts a child; a test that fails leaves nothing behind. */
function start(context: { after(clean: () => void): void }, args: string[], onEnded?: ChildServiceParts["onEnded"]) {
  const clock = createFakeClock();
  const lines: string[] = [];
  const guarded = new Set<number>();
  let pid = 0;
  const guardian: Pick<Guardian, "guard" | "release"> = {
    guard(id) {
      pid = id;
      guarded.add(id);
    },
    release: (id) => guarded.delete(id),
  };
  const stop = new AbortController();
  const service = createChildService({
    name: "child",
    program,
    args,
    environment: { GREETING: "hello" },
    guardian,
    clock,
    onLine: (line) => lines.push(line),
    onEnded: onEnded ?? (() => undefined),
  });
  const ended = service.run(stop.signal);
  context.after(() => {
    for (const id of guarded) process.kill(id, "SIGKILL");
  });
  return { clock, lines, guarded, stop, ended, kill: (signal: NodeJS.Signals) => process.kill(pid, signal) };
}

describe("a child", () => {
  test("is given its arguments and environment and no more, and its lines are passed on", async (context) => {
    const child = start(context, ["polite", "a", "b c"]);
    await eventually(() => assert.deepEqual(child.lines, ["up a b c hello"]));
    assert.equal(child.guarded.size, 1);
    child.stop.abort();
    await child.ended;
    assert.equal(child.guarded.size, 0);
  });

  test("that does not heed SIGTERM is killed after 12 s", async (context) => {
    const child = start(context, ["deaf"]);
    await eventually(() => assert.equal(child.lines.length, 1));
    child.stop.abort();
    await eventually(() => assert.equal(child.lines[1], "not heeded"));
    await child.clock.advance(11_999);
    assert.equal(child.guarded.size, 1);
    await child.clock.advance(1);
    await child.ended;
    assert.equal(child.clock.pendingTimers, 0);
  });

  test("that somebody has stopped is woken to end in order", async (context) => {
    const child = start(context, ["polite"]);
    await eventually(() => assert.equal(child.lines.length, 1));
    child.kill("SIGSTOP");
    child.stop.abort();
    await child.ended;
    assert.equal(child.guarded.size, 0);
  });

  test("that ends by itself is told of, cleanly or not, and waits for the others", async (context) => {
    const endings: [string, string | undefined][] = [
      ["ends", undefined],
      ["fails", undefined],
      ["up", "SIGKILL"],
    ];
    const told: unknown[] = [];
    for (const [what, signal] of endings) {
      const before = told.length;
      const child = start(context, [what], (...ending) => {
        told.push(ending);
        return undefined;
      });
      let over = false;
      child.ended.then(() => {
        over = true;
      });
      if (signal) await eventually(() => assert.equal(child.lines.length, 1));
      if (signal) child.kill(signal as NodeJS.Signals);
      await eventually(() => assert.equal(told.length, before + 1));
      assert.equal(child.guarded.size, 0);
      assert.equal(over, false);
      child.stop.abort();
      await child.ended;
    }
    assert.deepEqual(told, [
      ["ended with exit code 0", true],
      ["ended with exit code 7", false],
      ["was ended by SIGKILL", false],
    ]);
  });

  test("whose end is the end of all fails with what it said last", async (context) => {
    const failure = async (what: string) => {
      try {
        await start(context, [what], (ending) => new Error(`child ${ending}`)).ended;
      } catch (error) {
        assert.ok(isFleetError(error, "CHILD_ENDED"));
        return error.message.split("\n");
      }
      return assert.fail("it did not fail");
    };
    assert.deepEqual(await failure("fails"), ["child ended with exit code 7", "  out of luck"]);
    const talked = await failure("talks");
    assert.deepEqual([talked.length, talked[1], talked.at(-1)], [13, "  line 19", "  line 30"]);
  });

  test("whose program is not there says so", async () => {
    const missing = createChildService({
      name: "child",
      program: join(folder, "no-such-file.mjs"),
      args: [],
      environment: {},
      guardian: { guard() {}, release() {} },
      clock: createFakeClock(),
      onLine: () => {},
      onEnded: (ending) => new Error(ending),
    });
    await assert.rejects(missing.run(new AbortController().signal), /ended with exit code 1\n[\s\S]*no-such-file/);
  });
});
