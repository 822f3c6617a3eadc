import assert from "node:assert/strict";
import { eventually } from "@fleet/runtime/testing";
import { occupyDefaultPorts } from "./default-ports.ts";
import {
  childrenOf,
  type FleetCommand,
  type FleetCommandOptions,
  PATIENCE,
  type RunningProcess,
  startFleet,
} from "./fleet-command.ts";

/** A `fleet dev` that runs, with everything it has started. */
export interface DevFleet extends AsyncDisposable {
  readonly command: FleetCommand;
  readonly natsUrl: string;
  /** Base URLs of the members' health servers, by name: `master-1`, `peel-2`. */
  readonly health: ReadonlyMap<string, string>;
  /** The guardian, the broker, masters and peels. */
  readonly processes: readonly RunningProcess[];
  readonly broker: RunningProcess;
  /** Folder with the broker's store. */
  readonly folder: string;
  /** The process of a master or peel. */
  member(name: string): RunningProcess;
  /** The gauge of connected peels, as the first master tells it. */
  gauge(): Promise<number>;
}

/** Starts `fleet dev` on ports of its own and waits until its table is there. */
export async function startDevFleet(args: readonly string[], options: FleetCommandOptions = {}): Promise<DevFleet> {
  const ports = await occupyDefaultPorts();
  const command = startFleet(["dev", ...args], options);
  const dispose = async () => {
    await command[Symbol.asyncDispose]();
    await ports[Symbol.asyncDispose]();
  };
  try {
    const shown = await eventually(() => {
      if (/^PEEL ID .*\n(.+\n)*\n/m.test(command.stdout)) return true;
      assert.notEqual(command.child.exitCode, null, "there is no table yet");
      return false;
    }, PATIENCE);
    assert.ok(shown, `it ended: ${command.stdout}${command.stderr}`);
    return { ...(await describeFleet(command)), [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function describeFleet(command: FleetCommand): Promise<Omit<DevFleet, keyof AsyncDisposable>> {
  const natsUrl = /^nats +(nats:\S+)/m.exec(command.stdout)?.[1];
  assert.ok(natsUrl, command.stdout);
  const endpoints = command.stdout.matchAll(/^((?:master|peel)-\d+) +(http:\S+)\/readyz/gm);
  const health = new Map(Array.from(endpoints, ([, name = "", url = ""]) => [name, url]));
  const processes = await childrenOf(command.pid);
  const find = (text: string): RunningProcess => {
    const found = processes.find(({ commandLine }) => commandLine.includes(text));
    assert.ok(found, `no process with ${text} among:\n${processes.map((each) => each.commandLine).join("\n")}`);
    return found;
  };
  const broker = find("/nats-server.conf");
  const folder = /(\/\S*fleet-nats-[^/ ]+)\//.exec(broker.commandLine)?.[1];
  assert.ok(folder, broker.commandLine);
  return {
    command,
    natsUrl,
    health,
    processes,
    broker,
    folder,
    member: (name) => find(`--health-addr ${new URL(health.get(name) ?? "").host} `),
    async gauge() {
      const response = await fetch(`${health.get("master-1")}/metrics`);
      return Number(/^fleet_connected_peels (\d+)$/m.exec(await response.text())?.[1]);
    },
  };
}
