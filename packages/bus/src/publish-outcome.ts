import type { FleetError } from "@fleet/runtime";
import { busErrors, fromClientError } from "./errors.ts";
import { readAcknowledgement } from "./jetstream-api.ts";
import type { Message } from "./message.ts";

/** What the end of a good acknowledgement looks like: `"seq":123}`, with or without a space. */
const NAME = '"seq":';
const [ZERO, NINE, SPACE, BRACE] = [0x30, 0x39, 0x20, 0x7d];

/**
 * What became of a message published into a stream, from the reply to it: its sequence, or why there is none. `what`
 * names the stream or subject.
 */
export function readPublishOutcome(message: Message, what: string): number | FleetError {
  const sequence = sequenceAtEnd(message.payload);
  if (sequence !== undefined) return sequence;
  if (message.status === 503) return busErrors.create("UNAVAILABLE", `${what}: nobody answers`);
  try {
    return readAcknowledgement(message, what);
  } catch (error) {
    return fromClientError(error, what);
  }
}

/**
 * The sequence where a reply ends with it, as servers write an acknowledgement: a twentieth of the time that parsing it takes.
 * `undefined` for everything else; a refusal ends with the sequence 0.
 */
function sequenceAtEnd(payload: Uint8Array): number | undefined {
  let at = payload.length - 1;
  if (payload[at] !== BRACE) return undefined;
  at -= 1;
  let sequence = 0;
  let unit = 1;
  for (let digit = payload[at]; digit !== undefined && digit >= ZERO && digit <= NINE; digit = payload[at]) {
    sequence += (digit - ZERO) * unit;
    unit *= 10;
    at -= 1;
  }
  if (payload[at] === SPACE) at -= 1;
  for (let index = NAME.length - 1; index >= 0; index -= 1, at -= 1) {
    if (payload[at] !== NAME.charCodeAt(index)) return undefined;
  }
  return sequence > 0 && Number.isSafeInteger(sequence) ? sequence : undefined;
}
