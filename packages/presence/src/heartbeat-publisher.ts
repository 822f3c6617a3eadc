import type { Bucket, Connection } from "@fleet/bus";
import {
  type Clock,
  createThrottle,
  isFleetError,
  type Logger,
  messageOf,
  PULSE_GRACE_MS,
  type Pulse,
  type Service,
} from "@fleet/runtime";
import { encodeHeartbeat, HEADER_SESSION, PROTOCOL_VERSION } from "@fleet/wire";
import { beatDeadlineMs, beatPhaseMs, nextBeatMono, retryBeatMono } from "./beat-schedule.ts";

/** How one beat ended. */
export interface BeatOutcome {
  readonly result: "ok" | "failed";
  /** Time from sending to the acknowledgement or the failure. */
  readonly durationMs: number;
}

export interface HeartbeatPublisherParts {
  readonly peelId: string;
  /** Id of this life of the process. */
  readonly session: string;
  /** Version of the agent, as its beats tell it. */
  readonly version: string;
  readonly intervalMs: number;
  readonly bucket: Bucket;
  readonly connection: Pick<Connection, "state" | "onState">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Whether this peel may be probed, as its beats then say: it has answered its own ping on this connection. @default never */
  readonly pingable?: () => boolean;
  /** Told of every beat: the place to count them. */
  readonly onBeat?: (outcome: BeatOutcome) => void;
}

/** A peel's heartbeat. It turns about once a second, connected or not. */
export interface HeartbeatPublisher extends Service, Pulse {
  /** Wall time of the last acknowledged beat, ms since the epoch; `undefined` before the first. */
  readonly lastSuccessAt: number | undefined;
}

const LEAVE_TIMEOUT_MS = 1_000;
/** Failures in a row from which on the log says so: until then a beat is merely late. */
const FAILURES_TO_WARN = 3;
/** Wall time passing faster than monotonic time by this much is the mark of a suspended machine. */
const SUSPENDED_MS = 1_000;
const LOOK_EVERY_MS = 1_000;

/**
 * Creates the heartbeat: an acknowledged write of the peel's own key, at once when connected and then once an
 * interval at the peel's own phase. A failed beat is tried again inside the interval. While disconnected nothing is
 * sent or kept. After a suspended machine or a stalled process the next beat goes out at once.
 *
 * When stopped it writes a delete marker over its own last beat, if it knows that beat to be the key's last message:
 * an old process that ends late must not end its successor.
 */
export function createHeartbeatPublisher(parts: HeartbeatPublisherParts): HeartbeatPublisher {
  return new BucketHeartbeat(parts);
}

class BucketHeartbeat implements HeartbeatPublisher {
  readonly name = "heartbeat";
  readonly maxPauseMs: number;
  readonly #parts: HeartbeatPublisherParts;
  #lastSuccessAt: number | undefined;
  #turnedMono: number | undefined;
  /** Revision of the last beat; `undefined` when the outcome of a later one is unknown. */
  #lastRevision: number | undefined;
  #seq = 0;
  /** Whether any beat was sent: before that there is nothing to say goodbye to. */
  #begun = false;
  #wake = () => {};

  constructor(parts: HeartbeatPublisherParts) {
    this.#parts = parts;
    this.maxPauseMs = LOOK_EVERY_MS + beatDeadlineMs(parts.intervalMs) + PULSE_GRACE_MS;
  }

  get lastSuccessAt(): number | undefined {
    return this.#lastSuccessAt;
  }

  get turnedMono(): number | undefined {
    return this.#turnedMono;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { peelId, intervalMs, connection, clock, random, logger } = this.#parts;
    const phaseMs = beatPhaseMs(peelId, intervalMs);
    const originMono = clock.monoMs();
    const throttle = createThrottle(clock, 60_000);
    let failures = 0;
    let dueMono = originMono;
    let reconnected = false;
    let wallLeadMs = clock.wallMs() - originMono;

    const wake = () => this.#wake();
    signal.addEventListener("abort", wake, { once: true });
    const stopListening = connection.onState((state) => {
      if (state !== "connected") return;
      reconnected = true;
      this.#wake();
    });

    while (!signal.aborted) {
      this.#turnedMono = clock.monoMs();
      const nowLeadMs = clock.wallMs() - clock.monoMs();
      const suspended = nowLeadMs - wallLeadMs > SUSPENDED_MS;
      wallLeadMs = nowLeadMs;
      if (reconnected) failures = 0;
      if (reconnected || suspended) dueMono = clock.monoMs();
      reconnected = false;

      if (connection.state === "connected" && clock.monoMs() >= dueMono) {
        const error = await this.#beat();
        const nowMono = clock.monoMs();
        const regularMono = nextBeatMono({ afterMono: nowMono, originMono, phaseMs, intervalMs });
        if (error === undefined) {
          failures = 0;
          dueMono = regularMono;
        } else {
          failures += 1;
          dueMono = retryBeatMono({ failures, nowMono, regularMono, intervalMs, random });
          logger.debug("peel heartbeat: put", { error: messageOf(error), failures });
          if (failures >= FAILURES_TO_WARN) {
            throttle.run((heldBack) =>
              logger.warn("heartbeats are failing; this peel looks offline", {
                error: messageOf(error),
                failures,
                ...(heldBack > 0 && { held_back: heldBack }),
              }),
            );
          }
        }
      } else {
        await this.#waitUntil(dueMono);
      }
    }

    stopListening();
    signal.removeEventListener("abort", wake);
    await this.#leave();
  }

  /** One beat; gives the error it failed with. */
  async #beat(): Promise<unknown> {
    const { peelId, session, version, intervalMs, bucket, clock, pingable, onBeat } = this.#parts;
    const startedMono = clock.monoMs();
    const value = encodeHeartbeat({
      sentAt: clock.wallMs(),
      version,
      protocol: PROTOCOL_VERSION,
      session,
      seq: this.#seq + 1,
      intervalMs,
      ...(pingable?.() && { ping: true }),
    });
    this.#begun = true;
    this.#lastRevision = undefined;
    try {
      this.#lastRevision = await bucket.put(peelId, value, { timeoutMs: beatDeadlineMs(intervalMs) });
      this.#seq += 1;
      this.#lastSuccessAt = clock.wallMs();
      onBeat?.({ result: "ok", durationMs: clock.monoMs() - startedMono });
      return undefined;
    } catch (error) {
      onBeat?.({ result: "failed", durationMs: clock.monoMs() - startedMono });
      return error;
    }
  }

  /**
   * Waits until a beat is due, the connection changes or the service stops; no longer than the look for a suspended
   * machine allows.
   */
  async #waitUntil(dueMono: number): Promise<void> {
    const { clock, connection } = this.#parts;
    // Disconnected, there is nothing to wait for but the connection: the state listener wakes this.
    const untilDueMs = connection.state === "connected" ? dueMono - clock.monoMs() : LOOK_EVERY_MS;
    await new Promise<void>((resolve) => {
      const cancel = clock.setTimer(Math.min(untilDueMs, LOOK_EVERY_MS), () => this.#wake());
      this.#wake = () => {
        cancel();
        this.#wake = () => {};
        resolve();
      };
    });
  }

  async #leave(): Promise<void> {
    const { peelId, session, bucket, connection, logger } = this.#parts;
    if (!this.#begun) return;
    if (this.#lastRevision === undefined || connection.state !== "connected") {
      logger.info("left without a delete marker: the TTL will end this peel's presence", {
        reason: connection.state === "connected" ? "the outcome of the last beat is unknown" : "not connected",
      });
      return;
    }
    try {
      await bucket.delete(peelId, {
        expectedRevision: this.#lastRevision,
        headers: { [HEADER_SESSION]: session },
        timeoutMs: LEAVE_TIMEOUT_MS,
      });
    } catch (error) {
      const level = isFleetError(error, "REVISION_CONFLICT") ? "info" : "warn";
      logger[level]("left without a delete marker", { error: messageOf(error) });
    }
  }
}
