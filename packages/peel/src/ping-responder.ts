import type { Connection, Message } from "@fleet/bus";
import type { Readiness } from "@fleet/ops";
import { createProber } from "@fleet/presence/peel";
import { type Clock, createPeriodicLoop, type Logger, messageOf, type Service, withDeadline } from "@fleet/runtime";
import { encodePingReply, type PeelStatus, peelPingSubject, peelPongSubject } from "@fleet/wire";

export interface PingResponderParts {
  readonly peelId: string;
  /** Id of this life of the process. */
  readonly session: string;
  readonly version: string;
  readonly connection: Pick<Connection, "state" | "onState" | "onDenied" | "subscribe" | "publish" | "createInbox">;
  /** What the answer's status is taken from. */
  readonly readiness: Pick<Readiness, "report">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Answers for a peel when it is pinged. */
export interface PingResponder extends Service {
  /**
   * Whether the peel has answered its own ping on this connection: only then does silence on its subject mean that it
   * is gone.
   */
  readonly pingable: boolean;
}

/** An answer does not wait longer for the checks: its status is then `unknown`. */
const STATUS_TIMEOUT_MS = 250;
const OWN_PING_TIMEOUT_MS = 2_000;
/** How often a peel that is not granted its ping tries again: each time the server's refusal is logged. */
const LOOK_EVERY_MS = 600_000;
const RETRY = { firstMs: 500, maxMs: LOOK_EVERY_MS };
/** Its own ping unanswered this many times in a row: the grant is missing. The first can meet a broker that is just starting. */
const FAILURES_TO_WARN = 3;

/**
 * Creates the responder. After each connect it pings its own peel through the broker. A login without the grants is no
 * failure: the peel works as before and is judged by its beats alone, which is said once.
 */
export function createPingResponder(parts: PingResponderParts): PingResponder {
  const { peelId, session, version, connection, readiness, clock, random, logger } = parts;
  const subject = peelPingSubject(peelId);
  const ownReplies = peelPongSubject(peelId, "");
  const prober = createProber({ connection, clock, only: peelId });
  const startedMono = clock.monoMs();
  let refused = () => false;
  let answered = false;
  let warned = false;

  const pingable = () => answered && !refused() && connection.state === "connected";

  const status = async (): Promise<PeelStatus> => {
    try {
      const what = "the checks of a ping";
      const report = await withDeadline({ clock, timeoutMs: STATUS_TIMEOUT_MS, what }, () => readiness.report());
      return report.status;
    } catch {
      return "unknown";
    }
  };

  const answer = async ({ reply }: Message) => {
    // Whoever asks chooses where the answer goes: never to another subject that this peel may write, such as its keys.
    if (!reply?.startsWith(ownReplies)) return;
    const told = await status();
    const uptimeMs = clock.monoMs() - startedMono;
    const payload = encodePingReply({ session, version, uptimeMs, status: told, sentAt: clock.wallMs() });
    try {
      connection.publish(reply, payload);
    } catch (error) {
      logger.debug("a ping is left unanswered", { error: messageOf(error) });
    }
  };

  const loop = createPeriodicLoop({
    name: "ping-responder",
    clock,
    random,
    intervalMs: LOOK_EVERY_MS,
    deadlineMs: OWN_PING_TIMEOUT_MS + 1_000,
    backoff: RETRY,
    async work(signal) {
      if (connection.state !== "connected" || pingable()) return;
      answered = false;
      const result = await prober.probe(peelId, { timeoutMs: OWN_PING_TIMEOUT_MS, signal });
      if (result.kind !== "answered") throw new Error("reason" in result ? result.reason : result.kind);
      // Another process under this id proves nothing about this one.
      if (result.reply.session !== session) throw new Error("another process answers under this peel's id");
      answered = true;
      logger.debug("this peel can be pinged", { subject });
    },
    onError(error, failures) {
      if (connection.state !== "connected") return;
      logger.debug("this peel does not answer its own ping", { subject, error: messageOf(error), failures });
      if (warned || failures < FAILURES_TO_WARN) return;
      warned = true;
      logger.warn("this peel cannot be pinged and is judged by its beats alone: grant its login the subjects", {
        subjects: [subject, peelPongSubject(peelId, ">")],
        error: messageOf(error),
      });
    },
  });

  return {
    name: loop.name,
    get pingable() {
      return pingable();
    },
    async run(signal) {
      const subscription = connection.subscribe(subject, (message) => void answer(message), { optional: true });
      refused = () => subscription.refused;
      const stopListening = connection.onState((state) => {
        answered = false;
        if (state === "connected") loop.trigger();
      });
      await loop.run(signal);
      stopListening();
      subscription.close();
      answered = false;
    },
  };
}
