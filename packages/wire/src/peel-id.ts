/** What an id looks like. */
export const PEEL_ID_PATTERN: RegExp = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,127}$/;

/** The rule in words, for error messages. */
export const PEEL_ID_RULE = "1 to 128 of a-z A-Z 0-9 _ -, beginning with a letter or digit";

/** Whether `text` can name a peel; such an id is also a valid bucket key and subject token. */
export function isPeelId(text: string): boolean {
  return PEEL_ID_PATTERN.test(text);
}

/**
 * The id a peel has when none is given: the host name with `.` turned to `_`, other characters that an id
 * cannot have turned to `-`. `undefined` if nothing usable is left.
 */
export function peelIdFromHostname(hostname: string): string | undefined {
  const id = hostname
    .replaceAll(".", "_")
    .replaceAll(/[^a-zA-Z0-9_-]/g, "-")
    .replace(/^[_-]+/, "")
    .slice(0, 128);
  return isPeelId(id) ? id : undefined;
}
