import type { Bucket } from "@fleet/bus";
import type { Measurement } from "./benchmark.ts";

/** Beats that a bucket has stored in a second since it is watched. */
export type ReachedLoad = () => Promise<number>;

/** Watches a bucket from now on. */
export async function watchLoad(bucket: Bucket): Promise<ReachedLoad> {
  const look = async () => ({ atMono: performance.now(), stored: (await bucket.state()).lastRevision });
  const before = await look();
  return async () => {
    const { atMono, stored } = await look();
    return ((stored - before.stored) * 1_000) / (atMono - before.atMono);
  };
}

/** The load beside the figures: what a benchmark says that a fleet beats, and what there was of it. */
export function loadReached(
  { due, when }: { readonly due: number; readonly when?: string },
  value: number,
  limit?: Measurement["limit"],
): Measurement {
  const what = `beats stored, of ${Math.round(due).toLocaleString("en-US")} due a second${when ? `, ${when}` : ""}`;
  return { what, unit: "1/s", value, ...(limit && { limit }) };
}
