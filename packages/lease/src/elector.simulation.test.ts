import assert from "node:assert/strict";
import { test } from "node:test";
import { busErrors } from "@fleet/bus";
import { createRecordingLogger } from "@fleet/runtime/testing";
import { createElector, type Elector, type LeaseGrant } from "./elector.ts";
import type { LeaseStore } from "./lease-store.ts";
import { History } from "./simulation/history.ts";
import { trueRules } from "./simulation/lease-rules.ts";
import type { SimulatedWrite } from "./simulation/simulated-broker.ts";
import { type Candidate, type CandidateParts, SimulatedCandidate } from "./simulation/simulated-candidate.ts";
import type { SimulatedReply } from "./simulation/simulated-store.ts";
import { SimulatedWork } from "./simulation/simulated-work.ts";

const HISTORIES = 150;

/** The real elector in a simulated process: its clock, store and work are simulated, nothing else. */
class RealCandidate implements Candidate {
  readonly #parts: CandidateParts;
  readonly #elector: Elector;
  readonly #stopping = new AbortController();
  #onWrite: Parameters<LeaseStore["hear"]>[0] | undefined;
  #grant: LeaseGrant | undefined;

  constructor(parts: CandidateParts) {
    const { process, store, config, random } = parts;
    this.#parts = parts;
    this.#elector = createElector({
      name: "publisher",
      holder: process.id,
      store: {
        read: (timeoutMs) => settled((done) => store.read(timeoutMs, done)),
        write: (write) => settled((done) => store.write(write, done)),
        async release(revision, timeoutMs) {
          await settled((done) => store.release(revision, timeoutMs, done));
        },
        hear: (onWrite) => {
          this.#onWrite = onWrite;
          return {
            close: () => {
              this.#onWrite = undefined;
            },
          };
        },
      },
      config,
      work: (grant) => this.#work(grant),
      isFit: () => process.isFit,
      lastTerm: () => settled((done) => store.lastTerm(undefined, done)),
      clock: {
        monoMs: () => process.monoMs(),
        wallMs: () => process.wallMs(),
        setTimer: (delayMs, callback) => process.setTimer(delayMs, callback),
      },
      random,
      logger: createRecordingLogger(),
    });
  }

  /** Whether its work would go on if it asked now. */
  get isAtWork(): boolean {
    return !this.#parts.process.paused && this.#grant?.isHeld() === true;
  }

  start(): void {
    this.#elector.run(this.#stopping.signal).then(() => this.#parts.trace?.("finish"));
  }

  hear({ operation, writer }: SimulatedWrite): void {
    this.#onWrite?.({ operation, mine: writer === this.#parts.process.id });
  }

  stepDown(): void {
    this.#elector.stepDown();
  }

  standBack(): void {
    this.#elector.standBack();
  }

  stop(): void {
    this.#stopping.abort();
  }

  #work(grant: LeaseGrant): Promise<void> {
    const { process, trace, onAcquired } = this.#parts;
    this.#grant = grant;
    onAcquired(grant.term);
    return new Promise((resolve) => {
      const work = new SimulatedWork(process, trace, resolve);
      grant.signal.addEventListener("abort", () => work.abort());
    });
  }
}

function settled<T>(ask: (done: (reply: SimulatedReply<T> | undefined) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    ask((reply) => {
      if (reply?.kind === "done") resolve(reply.value);
      else if (reply === undefined) reject(busErrors.create("TIMEOUT", "no answer"));
      else reject(busErrors.create(reply.kind === "refused" ? "REVISION_CONFLICT" : "UNAVAILABLE", reply.kind));
    });
  });
}

test("the elector does, step by step and at the same times, what the simulation of it does", async () => {
  for (let seed = 1; seed <= HISTORIES; seed += 1) {
    const simulated = new History(seed, (parts) => new SimulatedCandidate(parts, trueRules), true);
    while (simulated.world.step(simulated.endMs));

    const candidates: RealCandidate[] = [];
    const create = (parts: CandidateParts) => {
      const candidate = new RealCandidate(parts);
      candidates.push(candidate);
      return candidate;
    };
    const real = new History(seed, create, true);
    while (real.world.step(real.endMs)) {
      // Lets every promise settle before the next event.
      await new Promise<void>((resolve) => setImmediate(resolve));
      const atWork = candidates.filter((candidate) => candidate.isAtWork).length;
      assert.ok(atWork <= 1, `seed ${seed}: ${atWork} at work at ${real.world.nowMs} ms`);
    }
    assert.ok(
      real.lines.some((line) => line.includes("works under term")),
      `seed ${seed}: nothing happened`,
    );
    assert.deepEqual(real.lines, simulated.lines, `seed ${seed}`);
  }
});
