/** A figure to two digits: the third is no better than the machine that it was measured on. */
export function showNumber(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: 2 });
}

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** Bytes in the unit that reads best; a kB has 1,000. */
export function showBytes(value: number): string {
  let [scaled, unit] = [value, 0];
  while (Number(scaled.toPrecision(2)) >= 1_000 && unit < UNITS.length - 1) {
    scaled /= 1_000;
    unit += 1;
  }
  return `${showNumber(scaled)} ${UNITS[unit]}`;
}
