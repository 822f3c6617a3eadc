import { type Bucket, type Connection, createMicroService } from "@fleet/bus";
import { type Clock, isFleetError, type Logger, type Service, sleep } from "@fleet/runtime";
import {
  type AnswerHead,
  type Decoded,
  decodeCountQuery,
  decodeFacts,
  decodeForgetQuery,
  decodeListQuery,
  decodePageQuery,
  decodeShowQuery,
  encodeCountAnswer,
  encodeForgetReply,
  encodePeelDetail,
  encodePeelPage,
  type Facts,
  type PeelFilter,
  type PeelRow,
  PRESENCE_SERVICE,
  presencePageSubject,
  presenceSubject,
} from "@fleet/wire";
import { createAnswerShelf } from "./answer-shelf.ts";
import { faultCodeOf, presenceErrors } from "./errors.ts";
import type { FactsView } from "./facts-mirror.ts";
import { ListAnswer } from "./list-answer.ts";
import { nextTurn } from "./next-turn.ts";
import { createPeelMatcher, type FilteredPeel, isPattern } from "./peel-filter.ts";
import { PeelPageCutter } from "./peel-pages.ts";
import { peelRow, peelRows } from "./peel-rows.ts";
import { createPeelTally } from "./peel-tally.ts";
import type { PresenceView } from "./presence-view.ts";

export interface PresenceServiceParts {
  readonly connection: Connection;
  /** Of this master: letters, digits, `_` and `-`. */
  readonly instance: string;
  /** A semantic version. */
  readonly version: string;
  /** The partition of which it is asked. @default the whole fleet */
  readonly partition?: number | undefined;
  readonly view: Pick<PresenceView, "get" | "listed" | "blindness">;
  readonly facts: FactsView;
  /** The facts bucket. */
  readonly factsBucket: Bucket;
  readonly roster: {
    /** Whether it is this master that writes it at the moment. */
    readonly isWriting: boolean;
    /** Removes what is kept of a peel, its facts as well. */
    forget(id: string): Promise<void>;
  };
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What is made of the peels that are gone through. */
interface Walker<T> {
  /** Gives whether others are to be let in before the next one. */
  visit(row: PeelRow): boolean;
  end(): T;
}

const DESCRIPTION = "Who is here, since when, and why one is not.";
const LOOK_EVERY_MS = 100;
const KEEP_ANSWER_MS = 10_000;
/** All answers that are kept: one of a million peels, or ten of a hundred thousand. */
const KEEP_BYTES = 134_217_728;
const FACTS_TIMEOUT_MS = 2_000;
/** Time for which peels are gone through before others get their turn, and how many between two looks at the clock. */
const TURN_MS = 10;
const LOOK_AT_CLOCK_EVERY = 50;
/** Most patterns in one query: each is held against every peel. Ids are looked up, and cost nothing. */
const MAX_PATTERNS = 100;

/**
 * Creates the service by which a master answers who is here. It is not there before the master has known that for sure once: a
 * master that has only just begun would answer that nobody is. Later, while it is blind, it answers what was true before, and
 * says that.
 */
export function createPresenceService(parts: PresenceServiceParts): Service {
  const { connection, instance, partition, view, facts, factsBucket, roster, clock } = parts;
  const shelf = createAnswerShelf<ListAnswer>({ clock, keepMs: KEEP_ANSWER_MS, maxBytes: KEEP_BYTES });
  /** Settles when the last walk through the peels has ended: one at a time, since each makes a copy. */
  let lastWalk: Promise<unknown> = Promise.resolve();

  const headNow = (): AnswerHead => ({ asOf: clock.wallMs(), blindness: view.blindness, instance });

  /** Goes through every peel, letting others in every now and then. `begin` is called when its turn has come, and not before. */
  const walk = <T>(begin: (head: AnswerHead) => Walker<T>): Promise<T> => {
    const walking = lastWalk.then(async () => {
      const head = headNow();
      const { visit, end } = begin(head);
      let visited = 0;
      let pauseMono = clock.monoMs() + TURN_MS;
      for (const row of peelRows({ view, facts }, head.asOf)) {
        const isPause = visit(row);
        visited += 1;
        if (!isPause && (visited % LOOK_AT_CLOCK_EVERY !== 0 || clock.monoMs() < pauseMono)) continue;
        await nextTurn();
        pauseMono = clock.monoMs() + TURN_MS;
      }
      return end();
    });
    lastWalk = walking.catch(() => {});
    return walking;
  };

  const rowNow = (id: string): { head: AnswerHead; row: PeelRow } => {
    const head = headNow();
    const row = peelRow(id, { view, facts }, head.asOf);
    if (!row) throw presenceErrors.create("PEEL_UNKNOWN", `there is no peel ${id}`);
    return { head, row };
  };

  const list = async (payload: Uint8Array): Promise<Uint8Array> => {
    const { filter, wide } = understood(decodeListQuery(payload));
    const isWanted = matcherOf(filter);
    const answer = new ListAnswer();
    const making = walk((head) => {
      answer.begin(head);
      const cutter = new PeelPageCutter({
        wide,
        onPage(page, bytes) {
          answer.add(page, bytes);
          shelf.fit();
        },
      });
      return {
        visit: (row) => isWanted(row) && cutter.add(row),
        end() {
          cutter.end();
          answer.end();
        },
      };
    });
    // Whoever reads it is given each page as soon as it is made.
    making.catch((error: unknown) => answer.fail(error));
    const first = await answer.page(0);
    return encodePeelPage({ ...first, answer: answer.isShort ? "" : shelf.keep(answer) });
  };

  const page = async (payload: Uint8Array): Promise<Uint8Array> => {
    const query = understood(decodePageQuery(payload));
    // Several are asked for at once: between two of them others get their turn.
    await nextTurn();
    const answer = shelf.find(query.answer);
    if (!answer) throw presenceErrors.create("ANSWER_GONE", "the answer is not kept any more");
    return encodePeelPage({ ...(await answer.page(query.page)), answer: query.answer });
  };

  const count = async (payload: Uint8Array): Promise<Uint8Array> => {
    const { filter, by } = understood(decodeCountQuery(payload));
    const isWanted = matcherOf(filter);
    return walk((head) => {
      const tally = createPeelTally(by);
      return {
        visit(row) {
          if (isWanted(row)) tally.add(row);
          return false;
        },
        end: () => encodeCountAnswer({ ...head, ...tally.groups() }),
      };
    });
  };

  const show = async (payload: Uint8Array): Promise<Uint8Array> => {
    const id = understood(decodeShowQuery(payload));
    const found = rowNow(id);
    const presence = view.get(id);
    const told = await readFacts(factsBucket, id);
    return encodePeelDetail({
      ...found.head,
      peel: {
        ...found.row,
        rival: presence?.rival,
        protocol: presence?.protocol ?? 0,
        seq: presence?.seq,
        pingable: presence?.pingable ?? false,
        evidence: presence?.evidence ?? ["it has told its facts, and no beat of it is known"],
      },
      facts: told,
    });
  };

  const forget = async (payload: Uint8Array): Promise<Uint8Array | undefined> => {
    if (!roster.isWriting) return undefined;
    const { id, force } = understood(decodeForgetQuery(payload));
    const { row } = rowNow(id);
    if (!force) refuseIfOnline(row, view.blindness);
    await roster.forget(id);
    parts.logger.info("peel forgotten", { peel_id: id });
    return encodeForgetReply(instance);
  };

  const service = createMicroService({
    connection,
    name: PRESENCE_SERVICE,
    id: instance,
    version: parts.version,
    description: DESCRIPTION,
    endpoints: [
      { name: "list", subject: presenceSubject("list", partition), answer: list },
      { name: "page", subject: presencePageSubject(instance), answer: page },
      { name: "show", subject: presenceSubject("show", partition), answer: show },
      { name: "count", subject: presenceSubject("count", partition), answer: count },
      { name: "forget", subject: presenceSubject("forget", partition), balanced: false, answer: forget },
    ],
    codeOf: (error) => (isFleetError(error) ? faultCodeOf(error.code) : 500),
    clock,
    logger: parts.logger,
  });

  return {
    name: "presence-service",
    async run(signal) {
      while (!signal.aborted && (view.blindness !== undefined || !facts.settled)) {
        await sleep(clock, LOOK_EVERY_MS, signal);
      }
      await service.run(signal);
      await lastWalk;
      shelf.clear();
    },
  };
}

function understood<T>(decoded: Decoded<T>): T {
  if (decoded.ok) return decoded.value;
  throw presenceErrors.create("BAD_QUERY", `the query is not understood (${decoded.reason})`);
}

function matcherOf(filter: PeelFilter): (peel: FilteredPeel) => boolean {
  const patterns = filter.ids?.filter(isPattern).length ?? 0;
  if (patterns > MAX_PATTERNS) {
    throw presenceErrors.create("BAD_QUERY", `${patterns} patterns are too many; ${MAX_PATTERNS} are taken`);
  }
  return createPeelMatcher(filter);
}

function refuseIfOnline({ id, state }: PeelRow, blindness: string | undefined): void {
  if (state !== "offline") throw presenceErrors.create("PEEL_ONLINE", `${id} is ${state}`);
  if (blindness === undefined) return;
  throw presenceErrors.create("PEEL_ONLINE", `whether ${id} is online cannot be known at the moment: ${blindness}`);
}

/** What a peel has told; `undefined` where it cannot be read: the rest is to be shown all the same. */
async function readFacts(bucket: Bucket, id: string): Promise<Facts | undefined> {
  const entry = await bucket.get(id, { timeoutMs: FACTS_TIMEOUT_MS }).catch(() => undefined);
  const decoded = entry?.operation === "put" ? decodeFacts(entry.value) : undefined;
  return decoded?.ok ? decoded.value : undefined;
}
