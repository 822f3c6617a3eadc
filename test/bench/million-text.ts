import type { Result } from "./results.ts";
import type { BenchmarkRecord } from "./results-file.ts";

type MillionRecord = Pick<BenchmarkRecord, "results" | "machine">;

/** What was acknowledged in five minutes is not exactly what was due. */
const RATE_DIGITS = 2;
const PROCESSES = ["broker", "master", "swarm"] as const;

/** How many peels were held by the machine, and what those that the design asks for would take of it, in sentences. */
export function millionText(record: MillionRecord | undefined): string {
  if (!record) return "`million` has not been run.";
  const { results, machine } = record;
  const peels = medianOf(results, "peels");
  const wanted = results.find(({ what }) => what === "peels")?.budget?.least ?? peels;
  const missed = results.filter(({ what, met }) => what !== "peels" && met === false).map(({ what }) => what);
  const held =
    missed.length === 0
      ? "all were held: nothing else that it checks was missed"
      : `not all that it checks was kept to: ${missed.join("; ")}`;
  const shares = PROCESSES.map((name) => ({ name, us: medianOf(results, `${name}, CPU a beat`) }));
  const us = shares.reduce((sum, each) => sum + each.us, 0);
  const beatsPerSecond = (medianOf(results, "beats acknowledged") / peels) * wanted;
  const cores = ((us * beatsPerSecond) / 1e6).toFixed(1);
  const where = shares.map((each) => `${each.us.toFixed(1)} us in the ${each.name}`).join(", ");
  const costs = `A beat took ${us.toFixed(1)} us of CPU there (${where})`;
  const takes = `the ${count(Number(beatsPerSecond.toPrecision(RATE_DIGITS)))} beats a second of ${count(wanted)} peels`;
  return [
    `\`million\` ran ${count(peels)} peels on ${machine.cores} cores, and ${held}.`,
    peels < wanted
      ? `The ${count(wanted)} that the design asks for were **not** held there. ${costs}: by that ${takes} would take ${cores} cores, for broker, master and fleet together.`
      : `${costs}, ${cores} cores for ${takes}.`,
  ].join(" ");
}

/** What a bucket in memory and a lazy garbage collection take, beside what is planned for a broker without either. */
export function greatBrokerText(record: MillionRecord | undefined, plannedBytesPerPeel: number): string {
  const planned = `with buckets on file and Go's own \`GOGC\`, \`fleet plan\` counts ${kilobytes(plannedBytesPerPeel)} a peel, facts included`;
  if (!record) return `What both take of memory has not been measured; ${planned}.`;
  const [peels, mb] = [medianOf(record.results, "peels"), medianOf(record.results, "broker, memory")];
  return `The price of both is memory: ${count(mb)} MB for ${count(peels)} peels without facts, ${kilobytes((mb * 1e6) / peels)} a peel; ${planned}.`;
}

function medianOf(results: readonly Result[], wanted: string): number {
  const result = results.find(({ what }) => what === wanted);
  if (!result) throw new Error(`million has no row ${wanted}`);
  return result.value.median;
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}
