import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ListedPeel } from "@fleet/presence";
import { createListedPeel } from "@fleet/presence/testing";
import { renderPeelTable } from "./peel-table.ts";

const peels: readonly ListedPeel[] = [
  createListedPeel({
    id: "db-1",
    os: "linux",
    arch: "arm64",
    version: "0.1.0",
    state: "online",
    reason: "joined",
    sinceMs: 300_000,
    lastSeenMs: 499,
    labels: { zone: "eu-1", role: "db" },
    session: "s1",
    intervalMs: 10_000,
    clockSkewMs: -250,
  }),
  createListedPeel({
    id: "old",
    os: "darwin",
    arch: "amd64",
    version: "0.0.9",
    state: "offline",
    lastSeenMs: 61_500.4,
  }),
  createListedPeel({ id: "only-beats", version: "7", state: "late", lastSeenMs: 1_500 }),
  createListedPeel({ id: "only-facts", os: "linux", arch: "", state: "offline" }),
  createListedPeel({ id: "no-bucket", os: "linux" }),
];

describe("the table", () => {
  test("has a dash for everything that is not known", () => {
    assert.equal(
      renderPeelTable(peels),
      [
        "PEEL ID     OS      ARCH   VERSION  ONLINE  LAST-SEEN  STATE    SINCE   REASON",
        "db-1        linux   arm64  0.1.0    yes     0s ago     online   5m ago  joined",
        "old         darwin  amd64  0.0.9    no      62s ago    offline  -       -",
        "only-beats  -       -      7        yes     2s ago     late     -       -",
        "only-facts  linux   -      -        no      -          offline  -       -",
        "no-bucket   linux   -      -        -       -          -        -       -",
      ].join("\n"),
    );
  });

  test("shows more where more is wanted", () => {
    const lines = renderPeelTable(peels, { wide: true }).split("\n");
    const columns = (line = "") => line.slice(lines[0]?.indexOf("LABELS")).split(/ +/);
    assert.deepEqual(columns(lines[0]), ["LABELS", "INTERVAL", "SKEW", "SESSION"]);
    assert.deepEqual(columns(lines[1]), ["role=db,zone=eu-1", "10s", "-0.25s", "s1"]);
    assert.deepEqual(columns(lines[2]), ["-", "-", "-", "-"]);
  });

  test("shows nothing that a terminal would obey", () => {
    const [, line] = renderPeelTable([createListedPeel({ id: "x", os: "\u001b]0;mine\u0007" })]).split("\n");
    assert.equal(line, "x        ?]0;mine?  -     -        -       -          -      -      -");
  });
});
