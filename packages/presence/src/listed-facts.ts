import { type Facts, factText } from "@fleet/wire";

/** What a list shows of a peel's facts. */
export interface ListedFacts {
  readonly os: string | undefined;
  readonly arch: string | undefined;
  /** Version of the agent when it told its facts. */
  readonly version: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/** The facts of one peel for as long as they are kept, whatever they become: who holds this need not look them up again. */
export interface KeptFacts {
  /** `undefined` once they are not kept any more: another one may be, then. */
  readonly listed: ListedFacts | undefined;
}

/** Bounds of what is kept: facts come from machines that may tell anything, and a list has a million of them. */
const MAX_LABELS = 32;
const MAX_LABEL_KEY = 63;
const MAX_TEXT = 256;

/** Of which nothing is known. */
export const NO_FACTS: ListedFacts = { os: undefined, arch: undefined, version: undefined, labels: {} };

/** Reads it; labels that are no texts, too long or too many are left out. */
export function readListedFacts(facts: Facts): ListedFacts {
  const text = (...path: readonly string[]) => factText(facts, ...path)?.slice(0, MAX_TEXT);
  return {
    os: text("os", "name"),
    arch: text("os", "arch"),
    version: text("peel", "version"),
    labels: labelsIn(facts),
  };
}

function labelsIn({ labels }: Facts): Readonly<Record<string, string>> {
  if (typeof labels !== "object" || labels === null || Array.isArray(labels)) return NO_FACTS.labels;
  const taken = Object.entries(labels)
    .filter(([key, value]) => key.length <= MAX_LABEL_KEY && typeof value === "string" && value.length <= MAX_TEXT)
    .slice(0, MAX_LABELS);
  return taken.length > 0 ? Object.fromEntries(taken) : NO_FACTS.labels;
}
