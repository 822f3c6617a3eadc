// Reads the whole list again and again, as the command does: with the client of the presence service, all columns, every row made.
import { createPresenceClient } from "@fleet/presence";
import { connectSession } from "../../integration/bus-session.ts";
import { answer, givenOptions } from "../apart.ts";

export interface ListReaderOptions {
  readonly url: string;
  readonly peels: number;
  readonly lists: number;
}

export interface ListReaderAnswer {
  /** Of each list, the first of a young process among them. */
  readonly listMs: readonly number[];
}

const TIMEOUT_MS = 60_000;

const { url, peels, lists } = givenOptions<ListReaderOptions>();
await using session = await connectSession({ urls: [url] });
const client = createPresenceClient(session.connection, { timeoutMs: TIMEOUT_MS });
const listMs: number[] = [];
for (let list = 0; list < lists; list += 1) {
  const startedMono = performance.now();
  const found = await client.list({ filter: {}, wide: true });
  listMs.push(performance.now() - startedMono);
  const known = found.peels.filter(({ state, session: of }) => state === "online" && of !== undefined).length;
  if (known !== peels) throw new Error(`${known} peels of ${peels} are listed as online`);
}
answer({ listMs } satisfies ListReaderAnswer);
