import { encodeHeartbeat } from "@fleet/wire";

/** A beat as a peel of the swarm writes it. */
export function sampleBeat(): Uint8Array {
  return encodeHeartbeat({
    sentAt: Date.now(),
    version: "1.0.0",
    protocol: 1,
    session: "2pGuqGpJ0Hk5mGkcqF3VqVb0W7Z",
    seq: 1,
    intervalMs: 10_000,
  });
}
