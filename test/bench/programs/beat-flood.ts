// Sends beats of many peels as fast as the broker takes them, each time it is asked to.
import { bucketSubject, encodeHeartbeat, HEARTBEAT_BUCKET } from "@fleet/wire";
import { connect } from "nats";
import { answer, givenOptions } from "../apart.ts";
import { FLOOD_SUBJECT, type FloodOptions } from "./flood.ts";

/** Published before the client is given the time to send them. */
const BURST = 2_000;

let round: { readonly number: number; readonly beat: Uint8Array } | undefined;

/** In one round of a flood all peels send the same bytes. */
function beatOfRound(number: number): Uint8Array {
  if (round?.number !== number) {
    const session = "2pGuqGpJ0Hk5mGkcqF3VqVb0W7Z";
    const times = { sentAt: Date.now(), intervalMs: 10_000 };
    round = { number, beat: encodeHeartbeat({ version: "1.0.0", protocol: 1, session, seq: number + 1, ...times }) };
  }
  return round.beat;
}

const { url, keys, beats, floods } = givenOptions<FloodOptions>();
const client = await connect({ servers: url });
const subjects = Array.from({ length: keys }, (_, peel) => bucketSubject(HEARTBEAT_BUCKET, `flood-${peel}`));
const asked = client.subscribe(FLOOD_SUBJECT, { max: floods });
let sent = 0;
for await (const request of asked) {
  request.respond();
  for (const end = sent + beats; sent < end; sent += 1) {
    client.publish(subjects[sent % keys] as string, beatOfRound(Math.floor(sent / keys)));
    if (sent % BURST === 0) await client.flush();
  }
}
await client.flush();
answer({});
