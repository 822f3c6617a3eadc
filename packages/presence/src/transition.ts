/** Where a peel stands: `late`: a beat is overdue; `conflict`: two processes beat under its id. */
export type PeelState = "online" | "late" | "offline" | "conflict";

/** The states, in the order in which they are shown. */
export const PEEL_STATES: readonly PeelState[] = ["online", "late", "offline", "conflict"];

/**
 * Why a peel changed its state. On coming: `joined` for the first time ever known, `returned` otherwise, with another session
 * if it was restarted and with the same one if it could only not be heard. On going: `left` said goodbye, `crashed` lost its
 * connection without one, `expired` kept its connection, as far as is known, and did not beat for a TTL.
 */
export type TransitionReason = "joined" | "returned" | "left" | "crashed" | "expired" | "conflict";

/** The reasons, in the order in which they are shown. */
export const TRANSITION_REASONS: readonly TransitionReason[] = [
  "joined",
  "returned",
  "left",
  "crashed",
  "expired",
  "conflict",
];

/** A change of a peel's state. Being late is none: most peels that are late beat again. */
export interface Transition {
  readonly id: string;
  readonly state: Exclude<PeelState, "late">;
  readonly reason: TransitionReason;
  /**
   * When it was judged, wall time in ms since the epoch; for `left` as soon as the goodbye was heard. Of a peel that came or left
   * while the observer was blind, when it was first heard to.
   */
  readonly at: number;
  /** Session that came or went; `undefined` for a peel of another make. */
  readonly session: string | undefined;
  /** In a conflict, the other session. */
  readonly rival: string | undefined;
  readonly version: string;
  readonly protocol: number;
  /** One of very many that went together. */
  readonly mass: boolean;
}
