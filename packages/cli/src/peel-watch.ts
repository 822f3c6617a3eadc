import { type Bucket, type ConnectionConfig, createBucket } from "@fleet/bus";
import { createPeelMatcher, createRosterFollower, type RosterNews } from "@fleet/presence";
import { isFleetError, systemClock } from "@fleet/runtime";
import { type PeelFilter, presenceNames } from "@fleet/wire";
import { createLivePicture } from "./dev/live-picture.ts";
import { sortPeels } from "./peel-order.ts";
import type { PeelListConfig } from "./peel-query-options.ts";
import { renderPeelTable } from "./peel-table.ts";
import { createPresenceReading, type PresenceReading } from "./presence-reading.ts";
import { pictureOf } from "./table-picture.ts";
import { describeNews, newsDocument } from "./transition-line.ts";
import { withLastingConnection } from "./with-connection.ts";

interface WatchParts {
  readonly list: PeelListConfig;
  readonly filter: PeelFilter;
}

interface WatchedFleet extends WatchParts {
  readonly partition: number | undefined;
}

/** Least time between two pictures. */
const DRAW_REST_MS = 500;
/** Ages grow also when nothing changes. */
const DRAW_EVERY_MS = 2_000;
/** Long lists are asked for less often: a master has other things to do. */
const DRAW_SHARE = 20;

/** Shows the peels and every change, until the process is ended. */
export async function watchPeels(
  connection: ConnectionConfig,
  { list, filter, partition }: WatchedFleet,
): Promise<void> {
  await withLastingConnection(connection, list.timeoutMs, async (bus) => {
    const reading = createPresenceReading(bus, {
      timeoutMs: list.timeoutMs,
      partition,
      note: (text) => console.error(text),
    });
    const roster = createBucket(bus, presenceNames(partition).roster);
    const after = await lastRevision(roster);
    const show =
      list.output === "json"
        ? writeLines(reading, filter, (news) => console.log(JSON.stringify(newsDocument(news))))
        : isScreen()
          ? await drawPictures(reading, { list, filter })
          : await writeTable(reading, { list, filter });
    const follower = createRosterFollower({
      connection: bus,
      roster,
      after,
      onNews: show,
      onError: () => {},
      clock: systemClock,
      random: Math.random,
    });
    await follower.run(new AbortController().signal);
  });
}

/** Where the roster stands now; what comes after it is news. */
async function lastRevision(roster: Bucket): Promise<number> {
  try {
    return (await roster.state()).lastRevision;
  } catch (error) {
    if (!isFleetError(error, "BUCKET_MISSING")) throw error;
    console.error("There is no roster yet: changes are shown as soon as a master records them.");
    return 0;
  }
}

function isScreen(): boolean {
  const { isTTY, columns, rows } = process.stdout;
  return isTTY === true && process.env["TERM"] !== "dumb" && Boolean(columns && rows);
}

/** A line for each change of a peel that is meant, in the order of the changes. */
function writeLines(reading: PresenceReading, filter: PeelFilter, write: (news: RosterNews) => void) {
  const { labels, ...told } = filter;
  const isMeant = createPeelMatcher(told);
  let last: Promise<unknown> = Promise.resolve();
  return (news: RosterNews) => {
    if (!isMeant({ id: news.id, state: news.record?.state, labels: {} })) return;
    last = last.then(async () => {
      // The roster knows nothing of labels.
      if (labels && !(await hasLabels(reading, news.id, labels))) return;
      write(news);
    });
  };
}

async function hasLabels(reading: PresenceReading, id: string, labels: NonNullable<PeelFilter["labels"]>) {
  const { peels } = await reading.list({ filter: { ids: [id], labels }, wide: false });
  return peels.length > 0;
}

/** On a file or pipe: one table, then a line for each change. */
async function writeTable(reading: PresenceReading, { list, filter }: WatchParts) {
  const { peels } = await reading.list({ filter, wide: list.output === "wide" });
  console.log(`${renderPeelTable(sortPeels(peels, list.order), { wide: list.output === "wide" })}\n`);
  return writeLines(reading, filter, (news) => console.log(describeNews(news)));
}

/** On a terminal: a table that is drawn anew after each change, and every few seconds. */
async function drawPictures(reading: PresenceReading, { list, filter }: WatchParts) {
  const picture = createLivePicture(process.stdout);
  const wide = list.output === "wide";
  let cancel = () => {};
  let dueMono = Number.POSITIVE_INFINITY;
  let tookMs = 0;

  const draw = async () => {
    const startedMono = systemClock.monoMs();
    dueMono = Number.POSITIVE_INFINITY;
    try {
      const { peels } = await reading.list({ filter, wide });
      const lines = renderPeelTable(sortPeels(peels, list.order), { wide }).split("\n");
      picture.draw(pictureOf(lines, { columns: process.stdout.columns, rows: process.stdout.rows }));
    } catch {
      // The broker may be away for a while: the last picture stays until it is back.
    }
    tookMs = systemClock.monoMs() - startedMono;
    drawWithin(DRAW_EVERY_MS);
  };
  const drawWithin = (delayMs: number) => {
    const atMono = systemClock.monoMs() + Math.max(delayMs, tookMs * DRAW_SHARE);
    if (atMono >= dueMono) return;
    cancel();
    dueMono = atMono;
    cancel = systemClock.setTimer(atMono - systemClock.monoMs(), () => void draw());
  };
  await draw();
  return () => drawWithin(DRAW_REST_MS);
}
