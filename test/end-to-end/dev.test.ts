import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { startTestServer } from "@fleet/broker/testing";
import { eventually } from "@fleet/runtime/testing";
import { occupyDefaultPorts } from "./default-ports.ts";
import { startDevFleet } from "./dev-fleet.ts";
import { FLEET_BIN, isRunning, PATIENCE, runFleet, startFleet, untilGone } from "./fleet-command.ts";

const QUICK = ["--heartbeat-interval", "1s"];

/** Who may do what with a file, in octal. */
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

describe("fleet dev", () => {
  it("brings up a fleet, shows it, stops after the duration, and leaves nothing behind", async () => {
    // What a shell or a CI system sets must not colour what goes into a file.
    const environment = { FORCE_COLOR: "1", CI: "true", FLEET_ID: "stranger", FLEET_NATS_URL: "nats://127.0.0.1:1" };
    await using fleet = await startDevFleet(["--duration", "3s", "--masters", "2", ...QUICK], { environment });
    const members = ["master-1", "master-2", "peel-1", "peel-2", "peel-3", "peel-4", "peel-5"];
    assert.deepEqual([...fleet.health.keys()], members);
    assert.equal(new Set(fleet.health.values()).size, members.length);
    // A guardian and a broker more.
    assert.equal(fleet.processes.length, members.length + 2);
    assert.equal(existsSync(fleet.folder), true);

    const { code, stdout, stderr } = await fleet.command.ended;
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    const lines = stdout.split("\n");
    assert.match(lines[0] ?? "", /^nats {6}nats:\/\/127\.0\.0\.1:\d+ {2}\(nats-server \d+\.\d+\.\d+, \S+\)$/);
    members.forEach((name, index) => {
      const url = fleet.health.get(name);
      assert.equal(lines[index + 1], `${name.padEnd(8)}  ${url}/readyz  ${url}/metrics`);
    });
    const table = lines.findIndex((line) =>
      /^PEEL ID {2}OS {5}ARCH {3}VERSION {2}ONLINE {2}LAST-SEEN {2}STATE +SINCE +REASON$/.test(line),
    );
    assert.notEqual(table, -1, stdout);
    for (const [index, name] of members.slice(2).entries()) {
      assert.match(
        lines[table + 1 + index] ?? "",
        new RegExp(`^${name} {3}linux {2}\\S+ +\\S+ +yes {5}\\d+s ago +online `),
      );
    }
    assert.deepEqual(lines.slice(table + 6), ["", "stopping …", ""], "one table, and no line after it but the last");
    await untilGone(fleet.processes);
    assert.equal(existsSync(fleet.folder), false);
  });

  it("takes other ports when those it prefers are taken, and says how to use it", async () => {
    await using fleet = await startDevFleet(["--peels", "2", ...QUICK]);
    assert.notEqual(new URL(fleet.natsUrl).port, "4222");
    assert.ok(fleet.command.stdout.includes(`\n  export FLEET_NATS_URL=${fleet.natsUrl}\n`), fleet.command.stdout);
    const list = await runFleet(["peel", "list"], { environment: { FLEET_NATS_URL: fleet.natsUrl } });
    assert.match(list.stdout, /^PEEL ID .*\npeel-1 .* yes .*\npeel-2 .* yes .*\n$/);

    for (const [name, url] of fleet.health) {
      assert.notEqual(url, "http://127.0.0.1:9090");
      assert.notEqual(url, "http://127.0.0.1:9091");
      await eventually(async () => {
        const ready = await fetch(`${url}/readyz`);
        assert.equal(ready.status, 200, `${name}: ${await ready.text()}`);
      }, PATIENCE);
      const metrics = await (await fetch(`${url}/metrics`)).text();
      assert.match(metrics, new RegExp(`^fleet_build_info\\{.*component="${name.split("-")[0]}"`, "m"));
    }
    await eventually(async () => assert.equal(await fleet.gauge(), 2), PATIENCE);
  });

  it("shows the log of every process when asked to, each line with its name and without colour", async () => {
    await using _ports = await occupyDefaultPorts();
    const { code, stdout, stderr } = await runFleet(["dev", "--peels", "1", "--duration", "0", "--verbose", ...QUICK], {
      environment: { CI: "true", FORCE_COLOR: "1" },
    });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    assert.match(stdout, /^peel-1 {4}\| .*peel started/m);
    assert.match(stdout, /^master-1 {2}\| .*master started/m);
    assert.equal(stdout.includes("\u001b"), false);
  });

  it("starts a broker that was killed again, and nothing else needs a restart", async () => {
    await using fleet = await startDevFleet(["--peels", "2", ...QUICK]);
    await eventually(async () => assert.equal(await fleet.gauge(), 2), PATIENCE);
    process.kill(fleet.broker.pid, "SIGKILL");
    await eventually(() => {
      assert.match(fleet.command.stdout, /^nats-server was ended by SIGKILL; starting it again in 3s\n/m);
      assert.match(fleet.command.stdout, /^nats-server is up again\n/m);
    }, PATIENCE);
    await eventually(async () => {
      for (const [name, url] of fleet.health) assert.equal((await fetch(`${url}/readyz`)).status, 200, name);
      const { stdout } = await runFleet(["peel", "list", "-o", "json", "--nats-url", fleet.natsUrl]);
      const peels: { online: boolean; last_seen_seconds: number }[] = JSON.parse(stdout).peels;
      assert.deepEqual(
        peels.map(({ online, last_seen_seconds: age }) => online && age < 3),
        [true, true],
      );
      assert.equal(await fleet.gauge(), 2);
    }, PATIENCE);
    for (const { pid, commandLine } of fleet.processes) {
      assert.equal(await isRunning(pid), pid !== fleet.broker.pid, commandLine);
    }
    fleet.command.interrupt();
    assert.equal((await fleet.command.ended).code, 0);
  });

  it("lets its masters into the system account of its broker, whose password nobody else can read", async () => {
    await using fleet = await startDevFleet(["--peels", "1", ...QUICK]);
    const file = join(fleet.folder, "nats-server.conf");
    assert.deepEqual([await modeOf(fleet.folder), await modeOf(file)], ["700", "600"]);
    const password = /SYS \{ users: \[\{ user: "fleet-system", password: "([\w-]{32})"/.exec(
      await readFile(file, "utf8"),
    )?.[1];
    assert.ok(password);
    for (const { pid, commandLine } of fleet.processes) {
      assert.equal(commandLine.includes(password), false, commandLine);
      const environment = (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0");
      const told = environment.includes(`FLEET_NATS_SYS_PASSWORD=${password}`);
      assert.equal(told, commandLine.includes(" master run "), commandLine);
    }
    assert.equal(`${fleet.command.stdout}${fleet.command.stderr}`.includes(password), false);
    const monitor = /^http: "(.*)"$/m.exec(await readFile(file, "utf8"))?.[1];
    await eventually(async () => {
      const connections = await (await fetch(`http://${monitor}/connz?acc=SYS`)).json();
      const names = (connections as { connections: { name: string }[] }).connections.map(({ name }) => name);
      assert.match(names.join(), /^master:[^,]+:system$/);
    }, PATIENCE);
  });

  it("uses the NATS that it is given, and leaves it running", async () => {
    await using server = await startTestServer({
      config: `accounts { A { jetstream: true, users: [{ user: me, password: "se cret" }] } }`,
    });
    await using _ports = await occupyDefaultPorts();
    // Without a scheme, which is the way to write it that is most likely to be shown as it is.
    const natsUrl = `me:se%20cret@127.0.0.1:${server.clientPort}`;
    const args = ["--nats-url", natsUrl, "--peels", "1", "--duration", "0", ...QUICK];
    const { code, stdout, stderr } = await runFleet(["dev", ...args]);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    assert.equal(stdout.split("\n")[0], `nats      ${server.url}`);
    assert.doesNotMatch(stdout, /cret/);
    assert.doesNotMatch(stdout, /export/);
    assert.equal(await isRunning(server.pid), true);
  });

  it("runs from a folder with a space in its name", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fleet test "));
    try {
      await symlink(join(dirname(FLEET_BIN), "..", "..", ".."), join(folder, "fleet"));
      await using _ports = await occupyDefaultPorts();
      await using fleet = startFleet(["dev", "--peels", "1", "--duration", "0", ...QUICK], {
        bin: join(folder, "fleet", "packages", "cli", "bin", "fleet.js"),
        nodeOptions: ["--preserve-symlinks", "--preserve-symlinks-main"],
      });
      const { code, stderr } = await fleet.ended;
      assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
