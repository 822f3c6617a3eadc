import assert from "node:assert/strict";
import { type Connection, createBucket } from "@fleet/bus";
import { sleep, systemClock } from "@fleet/runtime";
import { eventually } from "@fleet/runtime/testing";
import { decodeHeartbeat, HEARTBEAT_BUCKET } from "@fleet/wire";
import { metricsOf, untilMetrics } from "../end-to-end/daemon-metrics.ts";
import { type DaemonProcess, startDaemon } from "../end-to-end/daemon-process.ts";
import { PATIENCE } from "../end-to-end/fleet-command.ts";
import { type BusSession, connectSession } from "../integration/bus-session.ts";

/** Short enough to wait for, and long enough for a busy machine to keep. */
export const INTERVAL_MS = 500;
export const TTL_MS = 3_000;
export const LEASE_TTL_MS = 4_000;

const TIMING = { "heartbeat-interval": `${INTERVAL_MS}ms`, "heartbeat-ttl": `${TTL_MS}ms` };
const MASTER_FLAGS = { ...TIMING, "count-interval": "500ms", "lease-ttl": `${LEASE_TTL_MS}ms` };

/** Flags by name. */
export type Flags = Readonly<Record<string, string>>;

/** Processes of one fleet, and a connection to see what they do. */
export interface Fleet extends AsyncDisposable {
  readonly connection: Connection;
  /** `clockLeadMs`: what its wall clock is ahead of everybody's. */
  startMaster(id: string, flags?: Flags, options?: { readonly clockLeadMs: number }): DaemonProcess;
  startPeel(id: string, flags?: Flags): DaemonProcess;
}

export interface FleetOptions {
  /** Of the servers, as peels and masters are given them. */
  readonly urls: readonly string[];
  /** As the test is. @default the same */
  readonly observerUrls?: readonly string[];
}

/** Begins a fleet of nobody. All that was started is killed when it is disposed of. */
export async function startFleetOf({ urls, observerUrls = urls }: FleetOptions): Promise<Fleet> {
  const observer: BusSession = await connectSession({ urls: [...observerUrls] });
  const started: DaemonProcess[] = [];
  const natsUrl = urls.join(",");
  const start = (kind: "peel" | "master", id: string, flags: Flags, nodeOptions: readonly string[] = []) => {
    const daemon = startDaemon(kind, id, { "nats-url": natsUrl, ...flags }, { nodeOptions });
    started.push(daemon);
    return daemon;
  };
  return {
    connection: observer.connection,
    startMaster: (id, flags = {}, options) =>
      start("master", id, { ...MASTER_FLAGS, ...flags }, options && leadingClock(options.clockLeadMs)),
    startPeel: (id, flags = {}) => start("peel", id, { ...TIMING, ...flags }),
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map((daemon) => daemon[Symbol.asyncDispose]()));
      await observer.stop();
    },
  };
}

/** Waits until a master sees, and sees that many. */
export function untilSeen(master: DaemonProcess, peels: number): Promise<void> {
  return untilMetrics(master, { presence_valid: 1, connected_peels: peels, 'peels{state="online"}': peels });
}

/** One check of a daemon's readiness. */
export async function checkOf(daemon: DaemonProcess, check: string): Promise<{ status: string; message?: string }> {
  return (await (await fetch(`${await daemon.url()}/readyz/${check}`)).json()) as { status: string; message?: string };
}

/** What a master's gauge and its validity were, as seen again and again; a change is one entry. */
export interface GaugeWatch extends AsyncDisposable {
  readonly peels: readonly number[];
  readonly valid: readonly number[];
  /** Whether what is said of validity contains these, in this order. */
  untilValid(...wanted: readonly number[]): Promise<void>;
}

const LOOK_EVERY_MS = 50;

/** Watches what an alert would see of a master. */
export function watchGauge(master: DaemonProcess): GaugeWatch {
  const peels: number[] = [];
  const valid: number[] = [];
  const stopping = new AbortController();
  const note = (values: number[], value: number | undefined) => {
    if (value !== undefined && value !== values.at(-1)) values.push(value);
  };
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      const metrics = await metricsOf(master);
      note(peels, metrics.get("connected_peels"));
      note(valid, metrics.get("presence_valid"));
      await sleep(systemClock, LOOK_EVERY_MS, stopping.signal);
    }
  })();
  return {
    peels,
    valid,
    untilValid: (...wanted) => eventually(() => assert.deepEqual(valid.slice(-wanted.length), wanted), PATIENCE),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await watching;
    },
  };
}

/** The lines in which a master tells of peels: `peel joined` and the like, and those for many at once. */
export function toldBy(master: DaemonProcess): string[] {
  return master.lines
    .filter(({ msg }) =>
      /^(peel (joined|returned|left|crashed|expired|conflict)$|very many peels lost at once$|more peels changed at the same time$)/.test(
        msg,
      ),
    )
    .map(({ msg, peel_id, count }) => `${msg} ${peel_id ?? count}`);
}

/** Resolves when the last beat of a peel says that it may be probed. */
export async function untilPingable({ connection }: Fleet, id: string): Promise<void> {
  await eventually(async () => {
    const entry = await createBucket(connection, HEARTBEAT_BUCKET).get(id);
    const decoded = decodeHeartbeat(entry?.value ?? new Uint8Array());
    assert.ok(decoded.ok && decoded.value.ping);
  }, PATIENCE);
}

/** Options of Node.js that put the wall clock of a process forward. */
function leadingClock(leadMs: number): readonly string[] {
  const program = `const now = Date.now; Date.now = () => now() + ${leadMs};`;
  return ["--import", `data:text/javascript,${encodeURIComponent(program)}`];
}
