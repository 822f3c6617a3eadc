import type { FakeClock } from "@fleet/runtime/testing";
import { encodeHeartbeat } from "@fleet/wire";
import type { Random } from "./random.ts";
import type { SimulatedBroker } from "./simulated-broker.ts";

/** Longest time a peel needs to find the broker again. */
const MAX_DIAL_MS = 3_000;
const VERSIONS = 3;

/** One process of a peel. */
export class SimulatedPeel {
  readonly id: string;
  readonly session: string;
  /** Since when nothing has kept it from beating but the broker. */
  healthyMono: number;
  isAlive = true;
  isHung = false;
  #isConnected = true;
  #seq = 0;
  #cancel = () => {};
  readonly #intervalMs: number;
  readonly #world: FakeClock;
  readonly #broker: SimulatedBroker;
  readonly #random: Random;

  constructor(
    id: string,
    session: string,
    parts: { world: FakeClock; broker: SimulatedBroker; random: Random; intervalMs: number },
  ) {
    this.id = id;
    this.session = session;
    this.#world = parts.world;
    this.#broker = parts.broker;
    this.#random = parts.random;
    this.#intervalMs = parts.intervalMs;
    this.healthyMono = parts.world.monoMs();
    this.#isConnected = parts.broker.isUp;
    if (this.#isConnected) this.#beat();
  }

  /** Whether somebody would answer, or at least be there to ask. */
  get isReachable(): boolean {
    return this.isAlive && this.#isConnected && this.#broker.isUp;
  }

  get isWell(): boolean {
    return this.isAlive && !this.isHung;
  }

  crash(): void {
    this.isAlive = false;
    this.#cancel();
  }

  leave(): void {
    if (this.isReachable && !this.isHung && this.#seq > 0) {
      this.#broker.write(this.id, new Uint8Array(), this.session, "delete");
    }
    this.crash();
  }

  hang(): void {
    this.isHung = true;
    this.#cancel();
  }

  resume(): void {
    if (!this.isHung || !this.isAlive) return;
    this.isHung = false;
    this.healthyMono = this.#world.monoMs();
    if (this.#isConnected) this.#beat();
  }

  brokerLost(): void {
    this.#isConnected = false;
    this.#cancel();
  }

  brokerBack(): void {
    if (!this.isAlive) return;
    this.#world.setTimer(this.#random.between(0, MAX_DIAL_MS), () => {
      if (!this.isAlive || !this.#broker.isUp) return;
      this.#isConnected = true;
      if (!this.isHung) this.#beat();
    });
  }

  #beat(): void {
    this.#cancel();
    this.#seq += 1;
    const { session } = this;
    // Each restart may be an upgrade.
    const version = `1.${Number(session.slice(1)) % VERSIONS}.0`;
    const beat = { version, protocol: 1, intervalMs: this.#intervalMs, ping: true, session, seq: this.#seq };
    this.#broker.write(this.id, encodeHeartbeat({ ...beat, sentAt: this.#world.wallMs() }), session);
    this.#cancel = this.#world.setTimer(this.#intervalMs * this.#random.between(0.95, 1.05), () => {
      if (this.isWell && this.#isConnected) this.#beat();
    });
  }
}
