/** More beats at once than a listener takes; few enough for the broker to hold them for it. */
export interface FloodOptions {
  readonly url: string;
  readonly keys: number;
  /** In each flood. */
  readonly beats: number;
  readonly floods: number;
}

/** A request on it sets off a flood; it is answered before. */
export const FLOOD_SUBJECT = "bench.flood";
