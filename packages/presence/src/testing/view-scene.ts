import type { Bucket, HeardWrite } from "@fleet/bus";
import { createMemoryBucket, type MemoryBucket } from "@fleet/bus/testing";
import { createFakeClock, createRecordingLogger, type FakeClock, type RecordingLogger } from "@fleet/runtime/testing";
import { encodeHeartbeat, HEADER_SESSION, HEARTBEAT_BUCKET } from "@fleet/wire";
import { createLiveView, type LiveView, type LiveViewParts } from "../live-view.ts";
import type { ProbeResult } from "../prober.ts";
import { type ConnectionTwin, createConnectionTwin } from "./connection-twin.ts";
import { SimulatedProcess } from "./simulation/simulated-process.ts";

/** A view that runs on a bucket in memory, for one test: `await using scene = startView()`. */
export interface ViewScene extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly process: SimulatedProcess;
  readonly bucket: MemoryBucket;
  readonly connection: ConnectionTwin;
  readonly logger: RecordingLogger;
  readonly view: LiveView;
  /** Nothing that is written reaches the view's present subscription. */
  isDeaf: boolean;
  /** What probes find. */
  probe: ProbeResult["kind"];
  /** Flushes do not come back until this is `false` again. */
  holdsFlushes: boolean;
  /** What was told since the last call: `web1 online joined`. */
  news(): string[];
  beat(id: string, session?: string): Promise<number>;
  leave(id: string): Promise<number>;
  /** Lets time pass, while these beat. */
  pass(ms: number, ...beating: string[]): Promise<void>;
  /** Lets the bucket say what it is, as every count does. */
  compare(): Promise<void>;
  stop(): Promise<void>;
}

const TTL_MS = 30_000;
const INTERVAL_MS = 10_000;

export function startView(parts: Partial<LiveViewParts> = {}): ViewScene {
  const clock = createFakeClock();
  const process = new SimulatedProcess(clock);
  const memory = createMemoryBucket({ name: HEARTBEAT_BUCKET, clock, ttlMs: TTL_MS });
  const connection = createConnectionTwin("connected");
  const logger = createRecordingLogger();
  const controller = new AbortController();
  const told: string[] = [];
  const counts = new Map<string, number>();
  const bucket: Bucket = {
    ...memory,
    hear: (onWrite: (write: HeardWrite) => void) => {
      scene.isDeaf = false;
      return memory.hear((write) => {
        if (!scene.isDeaf && connection.state === "connected") process.receive(() => onWrite(write));
      });
    },
  };
  const flush = async () => {
    while (scene.holdsFlushes) await new Promise<void>((resolve) => clock.setTimer(100, resolve));
  };
  const view = createLiveView({
    bucket,
    connection: Object.defineProperty({ onState: connection.onState, flush, state: connection.state }, "state", {
      get: () => connection.state,
    }),
    prober: {
      probe: async () =>
        scene.probe === "no-responders" ? { kind: "no-responders" } : { kind: "unknown", reason: "no matter" },
    },
    ttlMs: TTL_MS,
    intervalMs: INTERVAL_MS,
    clock: process.clock,
    random: () => 0,
    logger,
    ...parts,
  });
  view.onTransition(({ id, state, reason }) => told.push(`${id} ${state} ${reason}`));
  const scene: ViewScene = {
    clock,
    process,
    bucket: memory,
    connection,
    logger,
    view,
    isDeaf: false,
    probe: "unknown",
    holdsFlushes: false,
    news: () => told.splice(0),
    beat(id, session = `${id}-a`) {
      const seq = (counts.get(session) ?? 0) + 1;
      counts.set(session, seq);
      const beat = { sentAt: clock.wallMs(), version: "1", protocol: 1, session, seq, ping: true };
      return memory.put(id, encodeHeartbeat({ ...beat, intervalMs: INTERVAL_MS }));
    },
    leave: (id) => memory.delete(id, { headers: { [HEADER_SESSION]: `${id}-a` } }),
    async pass(ms, ...beating) {
      const untilMono = clock.monoMs() + ms;
      while (clock.monoMs() < untilMono) {
        await clock.advance(Math.min(INTERVAL_MS, untilMono - clock.monoMs()));
        for (const id of beating) await scene.beat(id);
      }
      await clock.advance(0);
    },
    async compare() {
      view.compare(await memory.state());
    },
    async stop() {
      controller.abort();
      await running;
    },
    [Symbol.asyncDispose]: () => scene.stop(),
  };
  const running = view.run(controller.signal);
  return scene;
}
