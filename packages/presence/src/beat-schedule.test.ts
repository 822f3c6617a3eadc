import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { beatPhaseMs, nextBeatMono } from "./beat-schedule.ts";

/** Upper bound of chi-square with 99 degrees of freedom that chance passes once in 10,000 tries. */
const CHI_SQUARE_99 = 161.3;

const NAMINGS: readonly ((index: number) => string)[] = [
  (index) => `web${index}`,
  (index) => `web-${String(index).padStart(5, "0")}_example_com`,
  (index) => `ip-10-0-${index >> 8}-${index & 255}`,
  (index) => `${index}`,
];

test("the phases of a fleet are spread evenly over the interval, however alike its names are", () => {
  for (const naming of NAMINGS) {
    const slots = new Array<number>(100).fill(0);
    for (let index = 0; index < 10_000; index += 1) {
      const slot = Math.floor(beatPhaseMs(naming(index), 10_000) / 100);
      slots[slot] = (slots[slot] ?? 0) + 1;
    }
    assert.equal(slots.length, 100, "every phase is within the interval");
    const chiSquare = slots.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0);
    assert.ok(chiSquare < CHI_SQUARE_99, `${naming(7)}: ${chiSquare}`);
  }
});

test("a peel's phase is the same in every version of this program", () => {
  const phases = ["web1", "web2", "a", "Z-9_z"].map((id) => [id, Math.round(beatPhaseMs(id, 10_000))]);
  // Worked out in Python: FNV-1a of the id, then MurmurHash3's last step, over 2^32, times the interval.
  assert.deepEqual(phases, [
    ["web1", 4540],
    ["web2", 6831],
    ["a", 1035],
    ["Z-9_z", 1626],
  ]);
});

test("a phase grows with the interval and stays below it", () => {
  const id = fc.string({ minLength: 1, maxLength: 128 });
  const intervalMs = fc.double({ min: 100, max: 3_600_000, noNaN: true });
  fc.assert(
    fc.property(id, intervalMs, (peelId, interval) => {
      const phaseMs = beatPhaseMs(peelId, interval);
      assert.ok(phaseMs >= 0 && phaseMs < interval, String(phaseMs));
      assert.ok(Math.abs(beatPhaseMs(peelId, interval * 2) - phaseMs * 2) < 1e-6 * interval);
    }),
  );
});

test("the next beat is never now or in the past, and never more than an interval away", () => {
  const mono = fc.double({ min: 0, max: 1e9, noNaN: true });
  const intervalMs = fc.oneof(fc.integer({ min: 100, max: 3_600_000 }), fc.double({ min: 100, max: 3e6, noNaN: true }));
  const part = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(mono, mono, intervalMs, part, (originMono, passedMs, interval, phasePart) => {
      const at = { originMono, phaseMs: interval * phasePart, intervalMs: interval };
      let afterMono = originMono + passedMs;
      for (let turn = 0; turn < 5; turn += 1) {
        const next = nextBeatMono({ ...at, afterMono });
        assert.ok(next > afterMono, `${next} after ${afterMono}`);
        assert.ok(next - afterMono <= interval + 1e-3, `${next - afterMono} of ${interval}`);
        afterMono = next;
      }
    }),
    { numRuns: 2_000 },
  );
});

test("beats stay on the grid of the phase: a late one does not move those after it", () => {
  const at = { originMono: 1_000, phaseMs: 250, intervalMs: 10_000 };
  const after = (afterMono: number) => nextBeatMono({ ...at, afterMono });
  assert.deepEqual(
    [1_000, 1_249, 1_250, 1_251, 11_249.9, 47_000].map(after),
    [1_250, 1_250, 11_250, 11_250, 11_250, 51_250],
  );
});
