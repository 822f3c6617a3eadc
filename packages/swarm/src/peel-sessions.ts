import { invariant } from "@fleet/runtime";

/** Characters of a session, as of every KSUID. */
export const SESSION_LENGTH = 27;

/** Characters for the number of a life and of a peel: enough for fourteen million lives of fifty thousand million peels. */
const LIFE_DIGITS = 4;
const PEEL_DIGITS = 6;

const DIGITS = new TextEncoder().encode("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

/** The session of each life of each peel. */
export interface PeelSessions {
  /** The session's characters as bytes, good until the next call. */
  bytesOf(peel: number, life: number): Uint8Array;
  textOf(peel: number, life: number): string;
}

/**
 * Makes sessions out of one KSUID, whose last characters are replaced, so that a million of them need no memory: each is a
 * KSUID too, of the same second, and a later life sorts after an earlier one.
 */
export function createPeelSessions(session: string): PeelSessions {
  invariant(session.length === SESSION_LENGTH, "the session is a KSUID");
  const bytes = new TextEncoder().encode(session);
  const peelAt = SESSION_LENGTH - PEEL_DIGITS;
  const lifeAt = peelAt - LIFE_DIGITS;

  const putNumber = (number: number, from: number, to: number) => {
    let rest = number;
    for (let at = to - 1; at >= from; at -= 1) {
      const digit = rest % DIGITS.length;
      bytes[at] = DIGITS[digit] as number;
      rest = (rest - digit) / DIGITS.length;
    }
  };
  const bytesOf = (peel: number, life: number) => {
    putNumber(life, lifeAt, peelAt);
    putNumber(peel, peelAt, SESSION_LENGTH);
    return bytes;
  };
  return { bytesOf, textOf: (peel, life) => Buffer.from(bytesOf(peel, life)).toString("latin1") };
}
