import type { PeelFilter } from "@fleet/wire";
import type { PeelState } from "./transition.ts";

/** What a filter looks at. */
export interface FilteredPeel {
  readonly id: string;
  readonly state: PeelState | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/** Whether a text is a pattern rather than an id: it has a character that ids cannot have. */
export function isPattern(text: string): boolean {
  return /[*?[\].]/.test(text);
}

/** Creates the test that a filter describes; one without members lets everything pass. */
export function createPeelMatcher({ ids, labels, states }: PeelFilter): (peel: FilteredPeel) => boolean {
  const idTest = ids && anyOf(ids);
  const wanted = Object.entries(labels ?? {});
  return (peel) =>
    (!idTest || idTest(peel.id)) &&
    (!states || (peel.state !== undefined && states.includes(peel.state))) &&
    wanted.every(([key, value]) => Object.hasOwn(peel.labels, key) && peel.labels[key] === value);
}

/** Ids are looked up, so that a thousand of them cost what one does; patterns are tried in turn. */
function anyOf(patterns: readonly string[]): (id: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !isPattern(pattern)));
  const globs = patterns.filter(isPattern).map(compileGlob);
  return (id) => exact.has(id) || globs.some((glob) => glob(id));
}

/**
 * Compiles a glob: `*` is any characters, `?` one, `[a-c]` and `[!a-c]` one of or none of these; a `.` stands for the `_` that
 * ids have in its place. Works through an id once for each `*` at most, whatever the pattern: it comes from anyone who may ask.
 */
export function compileGlob(pattern: string): (id: string) => boolean {
  const steps = parseGlob(pattern);
  return (id) => {
    let [at, step] = [0, 0];
    let star: { step: number; at: number } | undefined;
    while (at < id.length) {
      const current = steps[step];
      if (current === "any") {
        star = { step, at };
        step += 1;
      } else if (current?.(id.charAt(at))) {
        step += 1;
        at += 1;
      } else if (star) {
        // The last star takes one character more.
        star.at += 1;
        step = star.step + 1;
        at = star.at;
      } else return false;
    }
    while (steps[step] === "any") step += 1;
    return step === steps.length;
  };
}

type GlobStep = "any" | ((character: string) => boolean);

function parseGlob(pattern: string): GlobStep[] {
  const steps: GlobStep[] = [];
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern.charAt(at);
    const end = character === "[" ? pattern.indexOf("]", at + 2) : -1;
    if (character === "*") steps.push("any");
    else if (character === "?") steps.push(() => true);
    else if (end > 0) {
      steps.push(parseClass(pattern.slice(at + 1, end)));
      at = end;
    } else {
      const wanted = character === "." ? "_" : character;
      steps.push((found) => found === wanted);
    }
  }
  return steps;
}

function parseClass(text: string): (character: string) => boolean {
  const negated = /^[!^]/.test(text);
  const ranges: [string, string][] = [];
  const body = negated ? text.slice(1) : text;
  for (let at = 0; at < body.length; at += 1) {
    const isRange = body.charAt(at + 1) === "-" && at + 2 < body.length;
    ranges.push([body.charAt(at), body.charAt(isRange ? at + 2 : at)]);
    if (isRange) at += 2;
  }
  return (character) => ranges.some(([first, last]) => character >= first && character <= last) !== negated;
}
