import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { eventually } from "@fleet/runtime/testing";
import { type FleetCommand, findProcesses, runFleet, startFleet } from "./fleet-command.ts";

const QUICK = ["--heartbeat-interval", "500ms"];
const PATIENCE = { timeoutMs: 60_000 };

interface DevEndpoints {
  readonly natsUrl: string;
  /** Base URLs by name: `master-1`, `peel-2`. */
  readonly health: ReadonlyMap<string, string>;
}

/** Waits for the table and reads the endpoints above it. */
async function untilComplete(fleet: FleetCommand): Promise<DevEndpoints> {
  await eventually(() => assert.match(fleet.stdout, /PEEL ID .*\n(.+\n)+\n/), PATIENCE);
  const natsUrl = /^nats +(nats:\S+)/m.exec(fleet.stdout)?.[1];
  assert.ok(natsUrl);
  const lines = fleet.stdout.matchAll(/^((?:master|peel)-\d+) +(http:\S+)\/readyz/gm);
  return { natsUrl, health: new Map([...lines].map(([, name = "", url = ""]) => [name, url])) };
}

/** Processes of this fleet: its members by their health addresses, its broker by its store. */
async function processesOf({ health }: DevEndpoints): Promise<number[]> {
  const found = await Promise.all(
    [...health.values()].map((url) => findProcesses(`--health-addr ${new URL(url).host}`)),
  );
  return found.flat();
}

async function pidOf(name: string, { health }: DevEndpoints): Promise<number> {
  const [pid] = await findProcesses(`--health-addr ${new URL(health.get(name) ?? "").host}`);
  assert.ok(pid);
  return pid;
}

async function gauge(endpoints: DevEndpoints): Promise<number> {
  const text = await (await fetch(`${endpoints.health.get("master-1")}/metrics`)).text();
  return Number(/^fleet_connected_peels (\d+)$/m.exec(text)?.[1]);
}

/** The broker that `fleet dev` with this process id started. */
async function brokerOf(fleet: FleetCommand): Promise<{ pid: number; folder: string }> {
  const { readFile } = await import("node:fs/promises");
  for (const pid of await findProcesses("fleet-nats-")) {
    const [, parent] = /\) \S (\d+)/.exec(await readFile(`/proc/${pid}/stat`, "utf8")) ?? [];
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8");
    const folder = /(\/\S*fleet-nats-[^/]+)\//.exec(commandLine.replaceAll("\0", " "))?.[1];
    if (Number(parent) === fleet.child.pid && folder) return { pid, folder };
  }
  throw new Error("no broker found");
}

describe("fleet dev", () => {
  it("brings up a broker, masters and peels, shows them online, and leaves nothing behind", async () => {
    await using fleet = startFleet(["dev", "--duration", "2s", "--masters", "2", "--peels", "3", ...QUICK]);
    const endpoints = await untilComplete(fleet);
    assert.deepEqual([...endpoints.health.keys()], ["master-1", "master-2", "peel-1", "peel-2", "peel-3"]);
    const broker = await brokerOf(fleet);
    const { code, stdout, stderr } = await fleet.ended;
    assert.equal(code, 0, stderr);
    for (const id of ["peel-1", "peel-2", "peel-3"])
      assert.match(stdout, new RegExp(`^${id} +linux +\\S+ +\\S+ +yes +\\d+s ago$`, "m"));
    assert.equal(stdout.match(/PEEL ID/g)?.length, 1);
    assert.deepEqual(await processesOf(endpoints), []);
    assert.equal(existsSync(broker.folder), false);
  });

  it("takes another port when 4222 is taken, and says how to use it", async () => {
    const occupant = createServer();
    // If something else has the port already, that does as well.
    await new Promise<void>((resolve) => occupant.once("error", () => resolve()).listen(4222, "127.0.0.1", resolve));
    try {
      await using fleet = startFleet(["dev", "--peels", "2", ...QUICK]);
      const endpoints = await untilComplete(fleet);
      assert.notEqual(new URL(endpoints.natsUrl).port, "4222");
      assert.ok(fleet.stdout.includes(`export FLEET_NATS_URL=${endpoints.natsUrl}`));
      const list = await runFleet(["peel", "list"], { environment: { FLEET_NATS_URL: endpoints.natsUrl } });
      assert.match(list.stdout, /^peel-1 .* yes .*\npeel-2 .* yes /m);
      await eventually(async () => {
        const ready = await fetch(`${endpoints.health.get("master-1")}/readyz`);
        assert.equal(ready.status, 200);
        assert.equal(await gauge(endpoints), 2);
      }, PATIENCE);
      fleet.child.kill("SIGINT");
      assert.equal((await fleet.ended).code, 0);
    } finally {
      occupant.close();
    }
  });

  it("shows a peel that leaves at once and one that is killed at the TTL, and names the killed one at the end", async () => {
    await using fleet = startFleet(["dev", "--peels", "3", ...QUICK]);
    const endpoints = await untilComplete(fleet);
    await eventually(async () => assert.equal(await gauge(endpoints), 3), PATIENCE);

    process.kill(await pidOf("peel-1", endpoints), "SIGTERM");
    await eventually(() => assert.match(fleet.stdout, /^peel-1 is offline$/m), PATIENCE);
    await eventually(async () => assert.equal(await gauge(endpoints), 2), PATIENCE);

    process.kill(await pidOf("peel-2", endpoints), "SIGKILL");
    await eventually(() => assert.match(fleet.stdout, /^peel-2 is offline$/m), PATIENCE);
    // The gauge follows at the next count, 15 s later at the latest.
    await eventually(async () => assert.equal(await gauge(endpoints), 1), PATIENCE);

    fleet.child.kill("SIGINT");
    const { code, stderr } = await fleet.ended;
    assert.equal(code, 1);
    assert.match(stderr, /peel-2 was ended by SIGKILL/);
    assert.doesNotMatch(stderr, /peel-1/);
  });

  it("leaves no process and no store behind when it is killed itself", async () => {
    await using fleet = startFleet(["dev", "--peels", "2", ...QUICK]);
    const endpoints = await untilComplete(fleet);
    const broker = await brokerOf(fleet);
    assert.equal((await processesOf(endpoints)).length, 3);
    fleet.child.kill("SIGKILL");
    await eventually(async () => {
      assert.deepEqual(await processesOf(endpoints), []);
      assert.equal((await findProcesses(broker.folder)).length, 0);
      assert.equal(existsSync(broker.folder), false);
    }, PATIENCE);
  });

  it("starts a broker that died again, and nothing else needs a restart", async () => {
    await using fleet = startFleet(["dev", "--peels", "2", ...QUICK]);
    const endpoints = await untilComplete(fleet);
    const before = await processesOf(endpoints);
    process.kill((await brokerOf(fleet)).pid, "SIGKILL");
    await eventually(() => assert.match(fleet.stdout, /nats-server is up again/), PATIENCE);
    await eventually(async () => {
      const list = await runFleet(["peel", "list", "--nats-url", endpoints.natsUrl]);
      assert.match(list.stdout, /^peel-1 .* yes .*\npeel-2 .* yes /m);
      assert.equal(await gauge(endpoints), 2);
    }, PATIENCE);
    assert.deepEqual(await processesOf(endpoints), before);
  });
});

describe("fleet dev that cannot come up", () => {
  it("names every wrong value and ends with 2", async () => {
    const { code, stderr } = await runFleet(["dev", "--peels", "many", "--duration", "5"]);
    assert.equal(code, 2);
    assert.match(stderr, /--peels/);
    assert.match(stderr, /--duration/);
  });

  it("says that the broker named does not answer, without its password", async () => {
    const { code, stderr } = await runFleet(["dev", "--nats-url", "nats://me:secret@127.0.0.1:1"]);
    assert.equal(code, 1);
    assert.match(stderr, /nats:\/\/127\.0\.0\.1:1/);
    assert.doesNotMatch(stderr, /secret/);
  });

  it("says that the port asked for is taken", async () => {
    const occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(0, "127.0.0.1", resolve));
    const address = occupant.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const { code, stderr } = await runFleet(["dev", "--nats-port", port]);
    occupant.close();
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`port ${port} is taken`));
  });

  it("says that the nats-server configured cannot be used", async () => {
    const { code, stderr } = await runFleet(["dev"], { environment: { FLEET_NATS_SERVER: "/nowhere/nats-server" } });
    assert.equal(code, 1);
    assert.match(stderr, /FLEET_NATS_SERVER.*\/nowhere\/nats-server/);
  });
});
