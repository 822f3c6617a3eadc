import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RunningServer } from "@fleet/broker";
import { startTestServer } from "@fleet/broker/testing";
import { eventually } from "@fleet/runtime/testing";
import { parse as parseYaml } from "yaml";
import { type FleetCommand, type FleetEnding, PATIENCE, runFleet, startFleet } from "./fleet-command.ts";

const TIMING = ["--heartbeat-interval", "500ms", "--heartbeat-ttl", "3s"];

/** Lines of JSON that a command has written so far. */
function documentsOf({ stdout }: Pick<FleetCommand, "stdout">): Record<string, unknown>[] {
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("the commands that say who is here", () => {
  let server: RunningServer;
  const running: FleetCommand[] = [];
  const start = (...args: string[]) => {
    const command = startFleet([...args, "--nats-url", server.url]);
    running.push(command);
    return command;
  };
  const startDaemon = (role: "peel" | "master", ...args: string[]) =>
    start(role, "run", "--health-addr", "127.0.0.1:0", ...TIMING, ...args);
  const fleet = (...args: string[]): Promise<FleetEnding> => runFleet([...args, "--nats-url", server.url]);
  /** The last that a command says, once it says what is expected. */
  const until = (expected: RegExp, ...args: string[]) =>
    eventually(async () => {
      const ending = await fleet(...args);
      assert.match(ending.stdout, expected, ending.stderr);
      return ending;
    }, PATIENCE);

  before(async () => {
    server = await startTestServer();
    startDaemon("master", "--id", "master-1");
    startDaemon("peel", "--id", "web-1", "--label", "role=web");
    startDaemon("peel", "--id", "web-2", "--label", "role=web");
    await until(/"source": "master",\n(.*\n)* {2}"online": 2,/, "peel", "count", "-o", "json");
  });
  after(async () => {
    for (const command of running) await command[Symbol.asyncDispose]();
    await server.stop();
  });

  it("ask a master, and say nothing else", async () => {
    const { code, stderr, stdout } = await until(/^web-1\nweb-2\n$/, "peel", "list", "-o", "ids", "--online");
    assert.deepEqual({ code, stderr, stdout }, { code: 0, stderr: "", stdout: "web-1\nweb-2\n" });
  });

  it("select by pattern, label and state, in the order that is wanted", async () => {
    await until(/^web-2\nweb-1\n$/, "peel", "list", "web-?", "-l", "role=web", "-o", "ids", "--sort", "-id");
    const none = await fleet("peel", "list", "web-1", "-l", "role=db");
    assert.deepEqual([none.code, none.stdout, none.stderr], [0, "", "No peel matches.\n"]);
    assert.equal((await fleet("peel", "list", "nobody", "--check")).code, 3);
    assert.equal((await fleet("peel", "list", "web-1", "--check")).code, 0);
  });

  it("show all that is known of a peel, for people and for programs", async () => {
    // Its facts are stored once a master has made their bucket.
    const { stdout } = await until(/^Facts:$/m, "peel", "show", "web-1");
    assert.match(stdout, /^Peel: +web-1\nState: +online\nReason: +joined\nSince: /);
    assert.match(stdout, /^Labels: +role=web$/m);
    assert.match(stdout, /^Evidence:\n {2}\S/m);
    assert.match(stdout, /^Facts:\n(.*\n)* {2}os:\n {4}name: linux$/m);
    const document = parseYaml((await fleet("peel", "show", "web-1", "-o", "yaml")).stdout);
    assert.deepEqual([document.schema_version, document.source, document.peel.id], [1, "master", "web-1"]);
    assert.equal(document.peel.facts.labels.role, "web");
  });

  it("name the peel that may be meant, where there is none of that id", async () => {
    for (const verb of ["show", "history", "forget"]) {
      const { code, stdout, stderr } = await fleet("peel", verb, "wep-1", ...(verb === "forget" ? ["--yes"] : []));
      assert.deepEqual([code, stdout], [1, ""], verb);
      assert.equal(stderr, "fleet: there is no peel wep-1; did you mean web-1?\n", verb);
    }
  });

  it("count by state, version and label", async () => {
    const { stdout } = await until(/online +2\n/, "peel", "count");
    assert.match(stdout, /^STATE +PEELS\nonline +2\nlate +0\noffline +0\nconflict +0\ntotal +2\n$/);
    assert.match(
      (await fleet("peel", "count", "--by", "label:role")).stdout,
      /^ROLE +PEELS +ONLINE +OFFLINE\nweb +2 +2 +0\n$/,
    );
    const document = JSON.parse((await fleet("peel", "count", "--by", "version", "-o", "json")).stdout);
    assert.deepEqual([document.total, document.online, document.groups.length], [2, 2, 1]);
  });

  it("tell of every change as it comes, of its history, and forget a peel that is gone", async () => {
    const watch = start("peel", "list", "--watch", "-o", "json");
    const lines = start("peel", "list", "old-*", "--watch");
    await eventually(() => assert.match(lines.stdout, /^PEEL ID/), PATIENCE);
    const old = startDaemon("peel", "--id", "old-1");
    await until(/^old-1\n$/, "peel", "list", "old-1", "--online", "-o", "ids");
    const refused = await fleet("peel", "forget", "old-1", "--yes");
    assert.deepEqual([refused.code, refused.stdout], [1, ""]);
    assert.equal(refused.stderr, "fleet: old-1 is online; stop it first, or add --force\n");
    old.child.kill("SIGTERM");
    await old.ended;
    const expected = [
      ["old-1", "online", "joined"],
      ["old-1", "offline", "left"],
    ];
    await eventually(
      () =>
        assert.deepEqual(
          documentsOf(watch).map(({ id, state, reason }) => [id, state, reason]),
          expected,
        ),
      PATIENCE,
    );
    await eventually(
      () => assert.match(lines.stdout, /Z old-1 is online \(joined\)\n\S+Z old-1 is offline \(left\)\n$/),
      PATIENCE,
    );

    const history = await fleet("peel", "history", "old-1");
    assert.equal(history.stderr, "");
    assert.match(
      history.stdout,
      /^SINCE .*\n\S+Z +offline +left .*\n\S+Z +online +joined .*\n\nOnline for .*; known since \S+Z\.\n$/,
    );
    const { transitions, availability } = JSON.parse((await fleet("peel", "history", "old-1", "-o", "json")).stdout);
    assert.deepEqual([transitions.length, availability.complete], [2, false]);

    const unasked = await fleet("peel", "forget", "old-1");
    assert.deepEqual([unasked.code, unasked.stderr], [2, "fleet: nobody is there to confirm this; add --yes\n"]);
    const forgotten = await fleet("peel", "forget", "old-1", "--yes");
    assert.deepEqual([forgotten.code, forgotten.stdout, forgotten.stderr], [0, "old-1 is forgotten.\n", ""]);
    assert.equal((await fleet("peel", "list", "old-1", "-o", "ids")).stdout, "");
    assert.equal((await fleet("peel", "show", "old-1")).code, 1);
    await eventually(() => assert.deepEqual(documentsOf(watch).at(-1)?.["forgotten"], true), PATIENCE);
    assert.deepEqual([watch.stderr, lines.stderr], ["", ""]);
  });

  it("read the buckets when no master answers, with the reasons that the roster has, and say so", async () => {
    const [master] = running;
    master?.child.kill("SIGTERM");
    await master?.ended;
    const list = await fleet("peel", "list", "-l", "role=web");
    assert.equal(list.stderr, "No master answers; this is read from the buckets.\n");
    assert.match(list.stdout, /\nweb-1 .* yes .* online .* joined\nweb-2 .* yes .* online .* joined\n$/);
    const show = await fleet("peel", "show", "web-1");
    assert.match(show.stdout, /^State: +online\nReason: +joined$/m);
    assert.match((await fleet("peel", "count")).stdout, /^online +2$/m);
    const forget = await fleet("peel", "forget", "web-1", "--yes", "--timeout", "500ms");
    assert.deepEqual([forget.code, forget.stdout], [1, ""]);
    assert.match(forget.stderr, /^fleet: web-1 is not forgotten: no master answers that writes the roster/);
  });
});
