import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ListedPeel } from "@fleet/presence";
import { createListedPeel } from "@fleet/presence/testing";
import { renderPeelTable } from "../peel-table.ts";
import { fleetPicture } from "./fleet-picture.ts";

function peels(count: number, offline: readonly number[] = []): ListedPeel[] {
  return Array.from({ length: count }, (_, index) =>
    createListedPeel({
      id: `peel-${index + 1}`,
      os: "linux",
      arch: "amd64",
      version: "0.1.0",
      state: offline.includes(index + 1) ? "offline" : "online",
      lastSeenMs: 1_000,
    }),
  );
}

describe("a picture of the fleet", () => {
  test("is the table below an empty line, where there is room", () => {
    const lines = fleetPicture(peels(3), true, { columns: 80, rows: 24 });
    assert.deepEqual(lines, ["", ...renderPeelTable(peels(3)).split("\n")]);
  });

  test("says so while it is waited for", () => {
    const lines = fleetPicture([], false, { columns: 80, rows: 24 });
    assert.deepEqual(lines.slice(2), ["", "waiting for the fleet to be complete …"]);
  });

  test("counts the peels that there is no line for", () => {
    const lines = fleetPicture(peels(14, [2, 13, 14]), true, { columns: 80, rows: 8 });
    assert.deepEqual(
      lines.map((line) => line.split("  ")[0]),
      ["", "PEEL ID", "peel-1", "peel-2", "peel-3", "peel-4", "… and 10 more, 2 of them offline"],
    );
    assert.equal(fleetPicture(peels(14, [2]), true, { columns: 80, rows: 8 }).at(-1), "… and 10 more");
  });

  test("shows as many peels as fit exactly", () => {
    const [fits, tooMany] = [5, 6].map((count) => fleetPicture(peels(count), true, { columns: 80, rows: 8 }));
    assert.match(fits?.at(-1) ?? "", /^peel-5 /);
    assert.equal(tooMany?.at(-1), "… and 2 more");
  });

  test("fits every terminal that has a few lines, whole and with room for the cursor", () => {
    for (let rows = 6; rows < 30; rows += 1) {
      for (const columns of [1, 2, 5, 20, 51, 52, 53, 80]) {
        for (const complete of [true, false]) {
          const lines = fleetPicture(peels(14, [14]), complete, { columns, rows });
          assert.ok(lines.length < rows, `${lines.length} lines on ${rows} rows`);
          for (const line of lines) assert.ok(line.length <= columns, `"${line}" on ${columns} columns`);
        }
      }
    }
  });
});
