import type { Bucket } from "@fleet/bus";
import { bucketStream, decodeRosterRecord, HEARTBEAT_BUCKET } from "@fleet/wire";
import type { NatsConnection } from "nats";

/** Somebody who is to find out which peels have fallen silent. */
export interface LossFinder extends Disposable {
  readonly what: string;
  /** When each was first known to be away, ms since the epoch. */
  readonly foundAt: Map<string, number>;
}

/** Finds what a master writes into the roster. */
export function hearLosses(what: string, roster: Bucket): LossFinder {
  const foundAt = new Map<string, number>();
  const hearing = roster.hear(({ key, value, operation }) => {
    const record = operation === "put" ? decodeRosterRecord(value) : undefined;
    if (record?.ok && record.value.state === "offline") foundAt.set(key, Date.now());
  });
  return { what, foundAt, [Symbol.dispose]: () => hearing.close() };
}

/** Finds what a look, again and again, says is away; the next one waits for one that takes longer. */
export function pollLosses(what: string, everyMs: number, look: () => Promise<Iterable<string>>): LossFinder {
  const foundAt = new Map<string, number>();
  let isLooking = false;
  const timer = setInterval(async () => {
    if (isLooking) return;
    isLooking = true;
    try {
      for (const id of await look()) if (!foundAt.has(id)) foundAt.set(id, Date.now());
    } catch {
      // Nothing was found this time: whoever waits for it says so.
    } finally {
      isLooking = false;
    }
  }, everyMs);
  return { what, foundAt, [Symbol.dispose]: () => clearInterval(timer) };
}

interface Subjects {
  readonly state?: { readonly subjects?: Readonly<Record<string, number>> };
}

/** The keys of the heartbeat bucket, asked of the stream: `kv.keys` never ends while keys are rewritten. */
export async function heartbeatKeys(client: NatsConnection): Promise<ReadonlySet<string>> {
  const subject = `$JS.API.STREAM.INFO.${bucketStream(HEARTBEAT_BUCKET)}`;
  const { state } = (await client.request(subject, JSON.stringify({ subjects_filter: ">" }))).json<Subjects>();
  return new Set(Object.keys(state?.subjects ?? {}).map((each) => each.slice(each.lastIndexOf(".") + 1)));
}
