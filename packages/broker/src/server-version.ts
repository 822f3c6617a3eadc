/** Oldest supported server. The tests run on 2.9.10, the oldest that Debian still carries. */
export const OLDEST_SERVER_VERSION = "2.9.0";

/** The version in what `nats-server --version` prints, without the `v`; `undefined` if it is not such a line. */
export function parseServerVersion(output: string): string | undefined {
  return /^nats-server: v?(\d+\.\d+\.\d+[\w.+-]*)\s*$/m.exec(output)?.[1];
}

/** Whether `text` has the form of a server version: `2.14.5`, `2.14.0-RC.1`. */
export function isServerVersion(text: string): boolean {
  return /^\d+\.\d+\.\d+[\w.+-]*$/.test(text);
}

/** Negative if `left` is older than `right`, positive if newer, 0 if major, minor and patch are the same. */
export function compareServerVersions(left: string, right: string): number {
  const [leftParts, rightParts] = [numbersOf(left), numbersOf(right)];
  for (const index of [0, 1, 2] as const) {
    const difference = leftParts[index] - rightParts[index];
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbersOf(version: string): [number, number, number] {
  const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  return [Number(major ?? 0), Number(minor ?? 0), Number(patch ?? 0)];
}
