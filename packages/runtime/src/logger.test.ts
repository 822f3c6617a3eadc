import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { createLogger, LOG_LEVELS, type LogLevel } from "./logger.ts";

function setUp(level: LogLevel = "debug") {
  const written: string[] = [];
  const base = { component: "master", version: "0.1.0", master_id: "master-1" };
  const logger = createLogger({ level, base }, { write: (line) => written.push(line) });
  const lines = () => written.map((line) => JSON.parse(line));
  return { logger, written, lines };
}

test("a line is one JSON object and a line end", () => {
  const { logger, written } = setUp();
  logger.info("two\nlines", { path: "a\nb" });
  assert.equal(written.length, 1);
  assert.match(written[0] ?? "", /^\{[^\n]*\}\n$/);
});

test("levels are written in upper case", () => {
  const { logger, lines } = setUp();
  for (const level of LOG_LEVELS) logger[level]("said");
  assert.deepEqual(
    lines().map((line) => line.level),
    ["DEBUG", "INFO", "WARN", "ERROR"],
  );
});

test("the time is written as ISO 8601 in UTC with milliseconds", () => {
  const { logger, lines } = setUp();
  logger.info("said");
  assert.match(lines()[0].time, /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
});

test("a line has the base fields, its own fields and its message, and nothing else", () => {
  const { logger, lines } = setUp();
  logger.warn("leader lease lost", { error: "timeout" });
  const { time: _, ...rest } = lines()[0];
  assert.deepEqual(rest, {
    level: "WARN",
    component: "master",
    version: "0.1.0",
    master_id: "master-1",
    error: "timeout",
    msg: "leader lease lost",
  });
});

test("lines below the level are not written", () => {
  const { logger, lines } = setUp("warn");
  for (const level of LOG_LEVELS) logger[level]("said");
  logger.with({ component: "bus" }).info("said");
  assert.deepEqual(
    lines().map((line) => line.level),
    ["WARN", "ERROR"],
  );
});

test("a logger with more fields adds them to its own lines only", () => {
  const { logger, lines } = setUp();
  logger.with({ bucket: "facts" }).info("first");
  logger.info("second");
  assert.equal(lines()[0].bucket, "facts");
  assert.equal("bucket" in lines()[1], false);
});

test("a field given again replaces the one before: no line has a key twice", () => {
  const { logger, written, lines } = setUp();
  logger.with({ component: "bus" }).with({ attempt: 1 }).info("said", { attempt: 2 });
  assert.equal(lines()[0].component, "bus");
  assert.equal(lines()[0].attempt, 2);
  assert.equal(written[0]?.match(/"component"/g)?.length, 1);
  assert.equal(written[0]?.match(/"attempt"/g)?.length, 1);
});

test("fields that JSON does not know do not break a line", () => {
  const { logger, lines } = setUp();
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  logger.info("said", { nothing: undefined, revision: 12n, circle, when: Number.NaN });
  assert.equal(lines()[0].msg, "said");
  assert.equal(lines()[0].revision, 12);
});

test("a level that does not exist is refused when the logger is made", () => {
  assert.throws(() => setUp("loud" as LogLevel), /loud/);
});

/** Starts a process with an open logger, `opened`; `script` logs with `logger` and calls `flush`. */
function startProcess(format: string, script: string) {
  const code = `
    import { openLogger } from ${JSON.stringify(new URL("./logger.js", import.meta.url).href)};
    const base = { component: "peel", version: "0.1.0", peel_id: "web-01" };
    const opened = await openLogger({ level: "info", format: ${JSON.stringify(format)}, base });
    const { logger, flush } = opened;
    ${script}`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 30_000,
    killSignal: "SIGKILL",
  });
  const exited = once(child, "exit").then(([exitCode, signal]) => signal ?? exitCode);
  const closed = once(child, "close");
  const output = async () => {
    let text = "";
    for await (const chunk of child.stdout.setEncoding("utf8")) text += chunk;
    await closed;
    return text;
  };
  return { child, exited, output };
}

test("an opened logger writes JSON lines to standard output, the last one before the exit too", async () => {
  const { exited, output } = startProcess(
    "json",
    `for (let i = 0; i < 1000; i += 1) logger.info("said", { i });
     await flush();
     process.exit(0);`,
  );
  const lines = (await output()).trimEnd().split("\n");
  assert.equal(await exited, 0);
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).i),
    Array.from({ length: 1_000 }, (_, index) => index),
  );
  assert.equal(JSON.parse(lines[0] ?? "").peel_id, "web-01");
});

test("the level of an opened logger can be read and changed, for loggers made of it before, too", async () => {
  const { exited, output } = startProcess(
    "json",
    `const made = logger.with({ bucket: "facts" });
     made.debug("not said");
     logger.info(opened.level);
     opened.level = "debug";
     made.debug(opened.level);
     await flush();
     process.exit(0);`,
  );
  const lines = (await output()).trimEnd().split("\n");
  assert.equal(await exited, 0);
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).msg),
    ["info", "debug"],
  );
});

test("the text format is one plain line for people: time, level, message, whose it is, message, fields", async () => {
  const { exited, output } = startProcess(
    "text",
    `logger.info("heartbeat sent", { seq: 7 });
     logger.with({ bucket: "facts" }).error("heartbeat failed", { error: "timeout" });
     await flush();
     process.exit(0);`,
  );
  const lines = (await output()).trimEnd().split("\n");
  assert.equal(await exited, 0);
  assert.equal(lines.length, 2);
  assert.match(
    lines[0] ?? "",
    /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\] INFO: peel 0\.1\.0 web-01: heartbeat sent \{"seq":7\}$/,
  );
  assert.match(
    lines[1] ?? "",
    /^\[[\d:. -]{23}\] ERROR: peel 0\.1\.0 web-01: heartbeat failed \{"bucket":"facts","error":"timeout"\}$/,
  );
});

test("a reader that goes away neither ends the process nor keeps it from ending", async () => {
  const { child, exited } = startProcess(
    "json",
    `const timer = setInterval(() => logger.info("said", { pad: "x".repeat(1000) }), 1);
     process.once("SIGTERM", async () => {
       clearInterval(timer);
       for (let i = 0; i < 1000; i += 1) logger.info("last words");
       await flush();
       process.exit(7);
     });
     logger.info("listening");`,
  );
  await once(child.stdout, "data");
  child.stdout.destroy();
  await once(child.stdout, "close");
  child.kill("SIGTERM");
  assert.equal(await exited, 7);
});

test("a reader that stops reading holds up nothing: lines beyond the bound are dropped, and counted", async () => {
  const { child, exited, output } = startProcess(
    "json",
    `for (let i = 0; i < 4096; i += 1) {
       logger.info("said", { pad: "x".repeat(16_000) });
       if (i % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
     }
     process.stderr.write("all said");`,
  );
  await once(child.stderr, "data");
  const lines = (await output()).trimEnd().split("\n");
  assert.equal(await exited, 0);
  assert.ok(lines.length < 400, `${lines.length} lines came out`);
  const last = JSON.parse(lines.at(-1) ?? "");
  assert.equal(last.msg, "log lines dropped: nobody reads them fast enough");
  assert.equal(last.lines + lines.length - 1, 4_096);
});
