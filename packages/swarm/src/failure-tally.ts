import type { FleetError } from "@fleet/runtime";

/** Writes into one bucket that failed with one code. */
export interface FailureKind {
  readonly bucket: string;
  readonly code: string;
  readonly count: number;
  /** What the last one said. */
  readonly message: string;
}

/** Counts failed writes. There are few kinds, and many failures. */
export class FailureTally {
  readonly #kinds: { bucket: string; code: string; count: number; message: string }[] = [];

  get kinds(): readonly FailureKind[] {
    return this.#kinds;
  }

  add(bucket: string, { code, message }: FleetError): void {
    const kind = this.#kinds.find((known) => known.code === code && known.bucket === bucket);
    if (kind) {
      kind.count += 1;
      kind.message = message;
    } else {
      this.#kinds.push({ bucket, code, count: 1, message });
    }
  }

  /** Counts by code, of all buckets together. */
  byCode(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { code, count } of this.#kinds) counts[code] = (counts[code] ?? 0) + count;
    return counts;
  }
}
