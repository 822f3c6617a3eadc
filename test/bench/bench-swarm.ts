import assert from "node:assert/strict";
import { type Bucket, createBucket } from "@fleet/bus";
import { eventually } from "@fleet/runtime/testing";
import { HEARTBEAT_BUCKET } from "@fleet/wire";
import { type FleetCommand, PATIENCE, startFleet } from "../end-to-end/fleet-command.ts";
import { type BusSession, connectSession } from "../integration/bus-session.ts";
import { guard } from "./apart.ts";

/** A swarm in a process of its own, and a connection beside it. */
export interface BenchSwarm extends AsyncDisposable {
  readonly command: FleetCommand;
  readonly session: BusSession;
  /** The heartbeat bucket. */
  readonly bucket: Bucket;
  /** Resolves when so many keys are there. */
  untilStored(keys: number): Promise<void>;
}

export interface BenchSwarmOptions {
  readonly peels: number;
  /** As a flag: `10s`. */
  readonly interval: string;
  /** Time over which the peels join. @default as a swarm has it */
  readonly ramp?: string;
  readonly connections?: number;
  /** Peels that stop without goodbye and stay away, as a rate: `5/s`. @default none */
  readonly crash?: string;
  /** Whether each peel tells facts. @default false */
  readonly facts?: boolean;
}

/** What is granted beyond the usual patience for each key, on a machine that does other things as well. */
const PATIENCE_MS_PER_KEY = 0.1;

/** Starts a swarm; nothing of it is there yet. */
export async function startBenchSwarm(
  url: string,
  { facts = false, ...options }: BenchSwarmOptions,
): Promise<BenchSwarm> {
  const session = await connectSession({ urls: [url] });
  const bucket = createBucket(session.connection, HEARTBEAT_BUCKET);
  const flags = { ...options, "nats-url": url };
  const command = startFleet([
    "swarm",
    "run",
    ...(facts ? ["--facts"] : []),
    ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]),
  ]);
  await guard(command.child);
  return {
    command,
    session,
    bucket,
    async untilStored(keys) {
      const untilSo = { timeoutMs: PATIENCE.timeoutMs + keys * PATIENCE_MS_PER_KEY };
      await eventually(async () => {
        assert.equal(command.child.exitCode, null, command.stderr);
        assert.equal((await bucket.state()).keys, keys);
      }, untilSo);
    },
    async [Symbol.asyncDispose]() {
      await command[Symbol.asyncDispose]();
      await session.stop();
    },
  };
}
