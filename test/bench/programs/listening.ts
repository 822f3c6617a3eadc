import { createPresence } from "@fleet/presence";
import { bucketSubject, HEARTBEAT_BUCKET } from "@fleet/wire";
import { connect } from "nats";
import { connectSession } from "../../integration/bus-session.ts";

/** Whoever hears the beats of a fleet. */
export interface ListenerOptions {
  readonly url: string;
  /** `bare`: a subscription whose callback counts; `index`: a view that decodes, judges and remembers, as a master's does. */
  readonly as: "bare" | "index";
  readonly intervalMs: number;
  readonly ttlMs: number;
}

/** Beats heard so far. */
export type BeatsHeard = () => number;

/** Listens from now on. */
export async function listen({ url, as, intervalMs, ttlMs }: ListenerOptions): Promise<BeatsHeard> {
  if (as === "bare") {
    const client = await connect({ servers: url });
    let beats = 0;
    client.subscribe(bucketSubject(HEARTBEAT_BUCKET, ">"), {
      callback: () => {
        beats += 1;
      },
    });
    await client.flush();
    return () => beats;
  }
  const { connection } = await connectSession({ urls: [url] });
  const view = createPresence({ connection, ttlMs, intervalMs });
  void view.run(new AbortController().signal);
  await connection.flush(5_000);
  return () => view.beatsHeard;
}

export function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
