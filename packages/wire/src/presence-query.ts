import type { Decoded } from "./decoded.ts";
import { decodeMap, encodeMap, isCount, isMissing, isOneOf, isWireMap, refused, type WireMap } from "./map-codec.ts";
import { isPeelId } from "./peel-id.ts";

/** Name of the NATS service by which masters answer who is here. */
export const PRESENCE_SERVICE = "fleet-presence";

/** Longest query that is taken. */
export const PRESENCE_QUERY_MAX_BYTES = 65_536;

/**
 * What masters are asked, each of them a subject. `list` and `count` can be answered by any of them, `show` as well; `forget`
 * is for the one that writes the roster.
 */
export type PresenceVerb = "list" | "show" | "count" | "forget";

/** Subject of a question to the masters of the fleet, or to those of one partition of it. */
export function presenceSubject(verb: PresenceVerb, partition?: number): string {
  return partition === undefined ? `fleet.presence.${verb}` : `fleet.presence.${verb}.${partition}`;
}

/** Subject on which one master gives the further pages of an answer that it began. */
export function presencePageSubject(instance: string): string {
  return `fleet.presence.page.${instance}`;
}

/** The states of a peel; on the wire of a list a state is its place here, so that new ones come last. */
export const PEEL_STATES = ["online", "late", "offline", "conflict"] as const;

/** Which peels are meant: those that every member given is true of. */
export interface PeelFilter {
  /** Glob patterns, of which the id matches one. */
  readonly ids?: readonly string[];
  /** Labels that it has, each with this value. */
  readonly labels?: Readonly<Record<string, string>>;
  /** States, of which it is in one. */
  readonly states?: readonly (typeof PEEL_STATES)[number][];
}

/** What peels are counted by; `label:KEY` is by the values of one label. */
export type CountKey = "state" | "version" | "os" | "arch" | `label:${string}`;

export interface ListQuery {
  readonly filter: PeelFilter;
  /** With what only few want to see, such as sessions. */
  readonly wide: boolean;
}

export interface CountQuery {
  readonly filter: PeelFilter;
  readonly by: CountKey;
}

/** Asks for one page of an answer. */
export interface PageQuery {
  /** Name of the answer, as its first page gave it. */
  readonly answer: string;
  readonly page: number;
}

export interface ForgetQuery {
  readonly id: string;
  /** Also when it is online. */
  readonly force: boolean;
}

const BY = ["state", "version", "os", "arch"] as const;

/** Whether peels can be counted by this. */
export function isCountKey(text: string): text is CountKey {
  return isOneOf(BY, text) || (text.startsWith("label:") && text.length > "label:".length);
}

/** Writes `{ids?, labels?, states?, wide?}`. */
export function encodeListQuery({ filter, wide }: ListQuery): Uint8Array {
  return encodeMap({ ...filter, ...(wide && { wide }) });
}

export function decodeListQuery(bytes: Uint8Array): Decoded<ListQuery> {
  const decoded = decodeMap(bytes, PRESENCE_QUERY_MAX_BYTES);
  if (!decoded.ok) return decoded;
  const { wide } = decoded.value;
  const filter = filterIn(decoded.value);
  if (!filter || !(isMissing(wide) || typeof wide === "boolean")) return refused("schema");
  return { ok: true, value: { filter, wide: wide ?? false } };
}

/** Writes `{ids?, labels?, states?, by}`. */
export function encodeCountQuery({ filter, by }: CountQuery): Uint8Array {
  return encodeMap({ ...filter, by });
}

export function decodeCountQuery(bytes: Uint8Array): Decoded<CountQuery> {
  const decoded = decodeMap(bytes, PRESENCE_QUERY_MAX_BYTES);
  if (!decoded.ok) return decoded;
  const { by } = decoded.value;
  const filter = filterIn(decoded.value);
  if (!filter || !(isMissing(by) || (typeof by === "string" && isCountKey(by)))) return refused("schema");
  return { ok: true, value: { filter, by: by ?? "state" } };
}

/** Writes `{answer, page}`. */
export function encodePageQuery({ answer, page }: PageQuery): Uint8Array {
  return encodeMap({ answer, page });
}

export function decodePageQuery(bytes: Uint8Array): Decoded<PageQuery> {
  const decoded = decodeMap(bytes, PRESENCE_QUERY_MAX_BYTES);
  if (!decoded.ok) return decoded;
  const { answer, page } = decoded.value;
  return typeof answer === "string" && isCount(page) ? { ok: true, value: { answer, page } } : refused("schema");
}

/** Writes `{id}`. */
export function encodeShowQuery(id: string): Uint8Array {
  return encodeMap({ id });
}

export function decodeShowQuery(bytes: Uint8Array): Decoded<string> {
  const decoded = decodeMap(bytes, PRESENCE_QUERY_MAX_BYTES);
  if (!decoded.ok) return decoded;
  const { id } = decoded.value;
  return typeof id === "string" && isPeelId(id) ? { ok: true, value: id } : refused("schema");
}

/** Writes `{id, force?}`. */
export function encodeForgetQuery({ id, force }: ForgetQuery): Uint8Array {
  return encodeMap({ id, ...(force && { force }) });
}

export function decodeForgetQuery(bytes: Uint8Array): Decoded<ForgetQuery> {
  const decoded = decodeMap(bytes, PRESENCE_QUERY_MAX_BYTES);
  if (!decoded.ok) return decoded;
  const { id, force } = decoded.value;
  if (typeof id !== "string" || !isPeelId(id) || !(isMissing(force) || typeof force === "boolean")) {
    return refused("schema");
  }
  return { ok: true, value: { id, force: force ?? false } };
}

/** The filter in a query; `undefined` if it cannot be one. */
function filterIn({ ids, labels, states }: WireMap): PeelFilter | undefined {
  if (!(isMissing(ids) || (Array.isArray(ids) && ids.every((id) => typeof id === "string")))) return undefined;
  if (!(isMissing(states) || (Array.isArray(states) && states.every((state) => isOneOf(PEEL_STATES, state))))) {
    return undefined;
  }
  if (!(isMissing(labels) || isTextMap(labels))) return undefined;
  return { ...(ids && { ids }), ...(labels && { labels }), ...(states && { states }) };
}

/** Whether a field holds a map from texts to texts. */
export function isTextMap(value: unknown): value is Readonly<Record<string, string>> {
  return isWireMap(value) && Object.values(value).every((text) => typeof text === "string");
}
