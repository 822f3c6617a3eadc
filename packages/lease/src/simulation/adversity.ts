import type { LeaseConfig } from "../lease-options.ts";
import type { SimulatedBroker } from "./simulated-broker.ts";
import type { Candidate } from "./simulated-candidate.ts";
import { GOOD_LINK, type SimulatedLink, type SimulatedProcess } from "./simulated-process.ts";
import type { World } from "./world.ts";

/** One process with its candidate. */
export interface Member {
  readonly process: SimulatedProcess;
  readonly candidate: Candidate;
}

/** Everything that can be harmed. */
export interface Scene {
  readonly world: World;
  readonly broker: SimulatedBroker;
  readonly config: LeaseConfig;
  readonly members: readonly Member[];
  /** The candidate that began to work last. */
  readonly lastHolder: Member | undefined;
  /** When all adversity ends. */
  readonly quietMs: number;
}

/** No replies, while writes are stored. */
const NO_REPLIES: SimulatedLink = { losesRequests: false, losesReplies: true, losesHearsay: false };
const NO_HEARSAY: SimulatedLink = { losesRequests: false, losesReplies: false, losesHearsay: true };
const CUT_OFF: SimulatedLink = { losesRequests: true, losesReplies: true, losesHearsay: true };

const WALL_JUMP_MS = 3_600_000;
const GOSSIP_EVERY_MS = 300;

/** Does some harm, most often to the holder. What lasts ends by itself, at the latest when the scene becomes quiet. */
export function strike(scene: Scene): void {
  const { world, members, lastHolder } = scene;
  const victim = lastHolder && world.chance(0.75) ? lastHolder : world.pick(members);
  world.pick(HARMS)(scene, victim);
}

type Harm = (scene: Scene, victim: Member) => void;

const HARMS: readonly Harm[] = [
  /** A short stop, as of a garbage collection, or a long one, as of a debugger or a frozen container. */
  (scene, { process }) => pause(scene, process, pauseMs(scene)),
  /** The same with a request under way, and then a network that fails for long: the machine is dying. */
  (scene, { process }) => {
    const { world, config } = scene;
    const durationMs = world.between(0.1, 0.6) * config.ttlMs;
    atRequest(process, 1, () => {
      pause(scene, process, durationMs);
      atRequest(process, Math.ceil(world.between(0, 2)), () => cut(scene, process, CUT_OFF, 1.3 * config.ttlMs));
    });
  },
  (scene, { process }) => cut(scene, process, scene.world.pick([NO_REPLIES, NO_HEARSAY, CUT_OFF]), cutMs(scene)),
  /** Writes that are stored and not answered, a few answers again, then nothing at all. */
  (scene, { process }) => {
    const { world, config } = scene;
    const durationMs = world.between(0.05, 0.6) * config.ttlMs;
    cut(scene, process, NO_REPLIES, durationMs);
    world.after(durationMs, () => {
      const passing = Math.ceil(world.between(0, 5));
      atRequest(process, passing, () => cut(scene, process, CUT_OFF, 1.3 * config.ttlMs));
    });
  },
  (scene, { process }) => {
    process.jumpWall(scene.world.chance(0.5) ? WALL_JUMP_MS : -WALL_JUMP_MS);
    if (scene.world.chance(0.5)) cut(scene, process, CUT_OFF, cutMs(scene));
  },
  (_, { candidate, process }) => process.deliver(() => candidate.stepDown()),
  /** One that cannot do its work for a while, and may be told so while it does it. */
  ({ world, config, quietMs }, { candidate, process }) => {
    process.isFit = false;
    world.after(Math.min(world.between(0.02, 1.4) * config.ttlMs, quietMs - world.nowMs), () => {
      process.isFit = true;
    });
    if (world.chance(0.5)) process.deliver(() => candidate.standBack());
  },
  /** Told to stop; another that is alive stays. */
  (scene, { candidate, process }) => {
    if (leaves(scene, process)) process.deliver(() => candidate.stop());
  },
  (scene, { process }) => {
    if (leaves(scene, process)) process.crashed = true;
  },
  ({ world, broker, config }) => {
    broker.failing = true;
    world.after(world.between(0.02, 0.6) * config.ttlMs, () => {
      broker.failing = false;
    });
  },
  /** A stranger writes what the broker refuses, and everybody hears it. */
  (scene) => gossip(scene, scene.world.nowMs + scene.world.between(100, 2_000)),
];

/** Whether a process leaves for good: the first one stays, so that somebody can hold the lease in the end. */
function leaves({ world, members }: Scene, process: SimulatedProcess): boolean {
  return process !== members[0]?.process && world.chance(0.5);
}

function pauseMs({ world, config }: Scene): number {
  const [from, to] = world.pick([
    [0.002, 0.03],
    [0.03, 0.5],
    [0.7, 1.4],
  ] as const);
  return world.between(from, to) * config.ttlMs;
}

function cutMs({ world, config }: Scene): number {
  return world.between(0.02, world.chance(0.5) ? 0.3 : 1.4) * config.ttlMs;
}

function pause({ world, quietMs }: Scene, process: SimulatedProcess, durationMs: number): void {
  const leftMs = quietMs - world.nowMs;
  if (leftMs > 0) process.pause(Math.min(durationMs, leftMs));
}

/** Does it just before the `count`th request from now leaves. */
function atRequest(process: SimulatedProcess, count: number, harm: () => void): void {
  let left = count;
  process.onRequest = () => {
    left -= 1;
    if (left > 0) return;
    process.onRequest = undefined;
    harm();
  };
}

function cut({ world, quietMs }: Scene, process: SimulatedProcess, link: SimulatedLink, durationMs: number): void {
  if (world.nowMs >= quietMs) return;
  process.link = link;
  world.after(durationMs, () => {
    if (process.link === link) process.link = GOOD_LINK;
  });
}

function gossip(scene: Scene, untilMs: number): void {
  const { world, broker } = scene;
  if (world.nowMs >= untilMs || world.nowMs >= scene.quietMs) return;
  broker.onWrite({ operation: world.chance(0.7) ? "put" : "delete", writer: "stranger" });
  world.after(world.between(0, GOSSIP_EVERY_MS), () => gossip(scene, untilMs));
}
