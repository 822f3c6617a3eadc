import type { Heartbeat } from "@fleet/wire";
import type { KeptFacts } from "./listed-facts.ts";
import type { PeelState, Transition, TransitionReason } from "./transition.ts";

/** Another session that beats under the same id. */
export interface Rival {
  /** `undefined` for a process of another make. */
  readonly session: string | undefined;
  readonly seq: number;
  /** When it was heard last. */
  readonly heardMono: number;
  /** The one before it: more than two can beat in turn. */
  readonly before: Rival | undefined;
}

/** What has been learned of a peel: all that its state is judged from. */
export interface PeelEvidence {
  /** When its last beat was heard or, by a snapshot, stored; -Infinity if none was. */
  readonly heardMono: number;
  /** Time that it means to let pass between two beats; 0 where it does not say. */
  readonly intervalMs: number;
  /** The session heard before the present one; it stays known after it has ended. */
  readonly rival: Rival | undefined;
  /** Both sessions were heard after the other. */
  readonly interleaved: boolean;
  /** The present session has said goodbye. */
  readonly left: boolean;
  /** Times since the last beat that its connection was found to be gone. */
  readonly absences: number;
}

/**
 * One peel in the index. A million of them are kept: a class, so that all have one shape, with nothing in it twice. What every beat
 * looks at comes first, and lies together.
 */
export class PeelEntry implements PeelEvidence {
  readonly id: string;

  heardMono: number = Number.NEGATIVE_INFINITY;
  session: string | undefined;
  seq = 0;
  version = "";
  protocol = 0;
  intervalMs = 0;
  pingable = false;
  /** Its clock less ours at the last beat, in ms, where it says what it has. */
  clockSkewMs: number | undefined;
  rival: Rival | undefined = undefined;
  interleaved = false;
  left = false;
  absences = 0;
  /** What the bucket said of it shortly before its TTL. */
  lookup: "none" | "asked" | "agreed" = "none";
  /** A probe is under way, or was since the last beat. */
  probed = false;
  /** The state as it is shown; `undefined` until the first is told. */
  state: PeelState | undefined = undefined;
  /** The session and state of the last transition; `undefined` before the first. */
  toldSession: string | undefined;
  told: Transition["state"] | undefined = undefined;
  /** For when it is in the queue of deadlines; Infinity if it is not. */
  queuedMono: number = Number.POSITIVE_INFINITY;

  reason: TransitionReason = "joined";
  /** Since when, wall time in ms since the epoch. */
  sinceAt = 0;

  /** Its facts, where a list has looked for them. */
  facts: KeptFacts | undefined = undefined;

  constructor(id: string) {
    this.id = id;
  }
}

/** Whether this peel was last told to be here. */
export function isPresent({ told }: Pick<PeelEntry, "told">): boolean {
  return told === "online" || told === "conflict";
}

/** Two beats of a session that another one came between are no conflict when they are this many intervals apart. */
const RIVAL_INTERVALS = 2;
/** Assumed of a peel that does not tell its interval. */
export const ASSUMED_INTERVAL_MS = 10_000;

export function intervalOf({ intervalMs }: { readonly intervalMs: number }): number {
  return intervalMs > 0 ? intervalMs : ASSUMED_INTERVAL_MS;
}

/** Former sessions that are remembered of one peel. */
const MAX_RIVALS = 4;

function rivalOf({ rival }: Pick<PeelEntry, "rival">, session: string | undefined): Rival | undefined {
  let found = rival;
  while (found && found.session !== session) found = found.before;
  return found;
}

/** The rivals but for one session, the latest ones of them. */
function rivalsWithout(
  rival: Rival | undefined,
  session: string | undefined,
  max: number = MAX_RIVALS,
): Rival | undefined {
  if (!rival || max === 0) return undefined;
  if (rival.session === session) return rivalsWithout(rival.before, session, max);
  return { ...rival, before: rivalsWithout(rival.before, session, max - 1) };
}

/** Until when the rival session may be alive; -Infinity without one. */
export function rivalUntilMono({ rival, intervalMs }: Pick<PeelEvidence, "rival" | "intervalMs">): number {
  return rival ? rival.heardMono + RIVAL_INTERVALS * intervalOf({ intervalMs }) : Number.NEGATIVE_INFINITY;
}

/** Whether a beat is one of those that were heard, or of before; one that counts nothing may always be new. */
export function isKnownBeat(
  entry: Pick<PeelEntry, "session" | "seq" | "rival">,
  beat: Pick<Heartbeat, "session" | "seq">,
): boolean {
  if (beat.session === undefined || !beat.seq) return false;
  const known = beat.session === entry.session ? entry : rivalOf(entry, beat.session);
  return known !== undefined && beat.seq <= known.seq;
}

/**
 * What a beat changed. `again`: the same session as before; `outlived`: a former session that goes on after its successor began,
 * which may be its last word.
 */
export type BeatEffect = "again" | "first" | "restarted" | "interleaved" | "outlived" | "stale";

/** Counts peels by their version. */
export interface VersionCounter {
  /** A peel tells another version than the former one. */
  changeVersion(entry: PeelEntry, former: string): void;
}

/**
 * Takes a beat in. `stale` is one that says nothing new, heard late or twice: of a session that the present one has
 * followed, of one that has said goodbye, or from before the last beat. Processes of another make have no session, and
 * are one.
 */
export function takeBeat(entry: PeelEntry, beat: Heartbeat, heardMono: number, versions?: VersionCounter): BeatEffect {
  const { session, seq = 0 } = beat;
  const effect = whatChanged(entry, session, seq, heardMono);
  if (effect === "stale") return effect;
  if (effect === "outlived") {
    entry.rival = { session, seq, heardMono, before: rivalsWithout(entry.rival, session, MAX_RIVALS - 1) };
    return effect;
  }
  if (session === entry.session && effect === "interleaved") {
    entry.interleaved = true;
  } else if (effect !== "again") {
    const isReplaced = effect !== "first" && !entry.left;
    const { session: former, seq: formerSeq, heardMono: formerMono } = entry;
    const before = rivalsWithout(entry.rival, session, MAX_RIVALS - 1);
    entry.rival = isReplaced ? { session: former, seq: formerSeq, heardMono: formerMono, before } : undefined;
    entry.interleaved = isReplaced && effect === "interleaved";
    entry.session = session;
  } else if (heardMono > rivalUntilMono(entry)) {
    // The former session stays known: a process of it that was stopped may go on for a moment, long after.
    entry.interleaved = false;
  }
  entry.heardMono = Math.max(entry.heardMono, heardMono);
  entry.seq = seq;
  // The same text each time: keeping the first lets the others go at once.
  if (entry.version !== beat.version) {
    const former = entry.version;
    entry.version = beat.version;
    versions?.changeVersion(entry, former);
  }
  entry.protocol = beat.protocol;
  entry.intervalMs = beat.intervalMs ?? 0;
  entry.pingable = beat.ping ?? false;
  entry.left = false;
  entry.absences = 0;
  entry.probed = false;
  entry.lookup = "none";
  return effect;
}

function whatChanged(entry: PeelEntry, session: string | undefined, seq: number, heardMono: number): BeatEffect {
  if (entry.heardMono === Number.NEGATIVE_INFINITY) return session === entry.session ? "again" : "first";
  const { rival } = entry;
  const isRivalNear = heardMono <= rivalUntilMono(entry);
  if (session === entry.session) {
    if (isOldNews(entry, seq, heardMono)) return "stale";
    return rival && !entry.interleaved && rival.heardMono > entry.heardMono && isRivalNear ? "interleaved" : "again";
  }
  const former = rivalOf(entry, session);
  if (!former) return "restarted";
  if (seq > 0 && seq <= former.seq) return "stale";
  const isNear = heardMono <= former.heardMono + RIVAL_INTERVALS * intervalOf(entry);
  if (isNear && former.heardMono <= entry.heardMono) return "interleaved";
  return !entry.left && heardMono <= entry.heardMono + RIVAL_INTERVALS * intervalOf(entry) ? "outlived" : "restarted";
}

/**
 * Whether a beat of the present session was sent before what is known: what follows a goodbye counts on. One that comes
 * after the time of the next beat is taken at its word: it may count anew.
 */
function isOldNews(entry: PeelEntry, seq: number, heardMono: number): boolean {
  if (seq === 0 || heardMono > entry.heardMono + intervalOf(entry)) return false;
  return entry.left ? seq <= entry.seq : seq < entry.seq;
}

/**
 * Takes a goodbye in; `false` if it does not end the peel: an old process that goes late does not end its successor, and
 * of two that were in conflict one is left.
 */
export function takeGoodbye(entry: PeelEntry, session: string | undefined): boolean {
  const { rival, interleaved } = entry;
  const isOfRival = session !== entry.session && rivalOf(entry, session) !== undefined;
  if (!isOfRival && session !== entry.session) return false;
  entry.rival = isOfRival ? rivalsWithout(rival, session) : undefined;
  entry.interleaved = interleaved && entry.rival !== undefined;
  if (isOfRival) return false;
  if (rival && interleaved) {
    entry.session = rival.session;
    entry.seq = rival.seq;
    entry.heardMono = rival.heardMono;
    entry.rival = rival.before;
    entry.interleaved = rival.before !== undefined;
    return false;
  }
  entry.left = true;
  return true;
}
