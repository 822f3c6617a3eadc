import { readFile, writeFile } from "node:fs/promises";
import type { Machine } from "./machine.ts";
import type { Result } from "./results.ts";

/** What the last runs of one benchmark have measured, and where and when that was. */
export interface BenchmarkRecord {
  readonly name: string;
  /** When the first of its runs began, ISO 8601. */
  readonly measuredAt: string;
  /** The commit measured; `+` if something was changed since. */
  readonly commit: string;
  /** Processors that were busy with something else meanwhile, on average. */
  readonly othersCores: number;
  readonly machine: Machine;
  readonly runs: number;
  /** Only shown to work: no figures. */
  readonly brief: boolean;
  readonly results: readonly Result[];
}

/** Benchmarks measured at different times, each once. */
export interface ResultsDocument {
  readonly schemaVersion: 2;
  readonly benchmarks: readonly BenchmarkRecord[];
}

const EMPTY: ResultsDocument = { schemaVersion: 2, benchmarks: [] };
/** More digits than any of it is worth, and few enough to be read. */
const DIGITS = 6;

/** Reads a file of results; one that is not there has none, and one of another schema is refused. */
export async function readResults(file: string): Promise<ResultsDocument> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return EMPTY;
  const document = JSON.parse(text) as ResultsDocument;
  if (document.schemaVersion !== EMPTY.schemaVersion) {
    throw new Error(`${file} has results of schema ${document.schemaVersion}, not ${EMPTY.schemaVersion}`);
  }
  return document;
}

/** The document with this record instead of the one of the same benchmark; all others stay as they are. */
export function putRecord({ benchmarks }: ResultsDocument, record: BenchmarkRecord): ResultsDocument {
  const isSame = ({ name }: BenchmarkRecord) => name === record.name;
  return {
    ...EMPTY,
    benchmarks: benchmarks.some(isSame)
      ? benchmarks.map((each) => (isSame(each) ? record : each))
      : [...benchmarks, record],
  };
}

export async function writeResults(file: string, document: ResultsDocument): Promise<void> {
  const shorten = (_: string, value: unknown) =>
    typeof value === "number" ? Number(value.toPrecision(DIGITS)) : value;
  await writeFile(file, `${JSON.stringify(document, shorten, 2)}\n`);
}
