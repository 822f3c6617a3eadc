/** One media range of an `Accept` header. */
export interface MediaRange {
  /** In lower case, without its parameters: `text/plain`, `text/*`. */
  readonly type: string;
  /** By name, in lower case, without quotes; the weight is not one of them. */
  readonly parameters: ReadonlyMap<string, string>;
  /** 0 to 1; a weight that cannot be read is 0. */
  readonly weight: number;
}

/** Reads an `Accept` header; what is no media range is a range that nothing is of. */
export function parseAccept(accept: string | undefined): MediaRange[] {
  return (accept ?? "").split(",").map((text) => {
    const [type = "", ...rest] = text.split(";").map((part) => part.trim().toLowerCase());
    const parameters = new Map(
      rest.map((part) => {
        const [name = "", value = ""] = part.split("=", 2);
        return [name, value.replaceAll('"', "")] as const;
      }),
    );
    const given = parameters.get("q");
    parameters.delete("q");
    const weight = given === undefined ? 1 : given === "" ? 0 : Number(given);
    return { type, parameters, weight: weight >= 0 && weight <= 1 ? weight : 0 };
  });
}

/**
 * How much a media type is wanted: the weight of the narrowest range that it is of, 0 if it is of none. `isOurs` says whether a range of
 * that very type means what we have of it.
 */
export function weightOf(ranges: readonly MediaRange[], type: string, isOurs = (_range: MediaRange) => true): number {
  for (const wanted of [type, `${type.split("/", 1)}/*`, "*/*"]) {
    const found = ranges.filter((range) => range.type === wanted && (wanted !== type || isOurs(range)));
    if (found.length > 0) return Math.max(...found.map(({ weight }) => weight));
  }
  return 0;
}
