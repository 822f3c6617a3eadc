import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ListedPeel } from "@fleet/presence";
import { peelDocument, renderPeelTable } from "./peel-table.ts";

const unknown = { os: undefined, arch: undefined, version: undefined, online: undefined, lastSeenMs: undefined };

const peels: readonly ListedPeel[] = [
  { id: "db-1", os: "linux", arch: "arm64", version: "0.1.0", online: true, lastSeenMs: 499 },
  { id: "old", os: "darwin", arch: "amd64", version: "0.0.9", online: false, lastSeenMs: 61_500.4 },
  { ...unknown, id: "only-beats", version: "7", online: true, lastSeenMs: 1_500 },
  { ...unknown, id: "only-facts", os: "linux", arch: "", online: false },
  { ...unknown, id: "no-bucket", os: "linux" },
];

describe("the table", () => {
  test("has a dash for everything that is not known", () => {
    assert.equal(
      renderPeelTable(peels),
      [
        "PEEL ID     OS      ARCH   VERSION  ONLINE  LAST-SEEN",
        "db-1        linux   arm64  0.1.0    yes     0s ago",
        "old         darwin  amd64  0.0.9    no      62s ago",
        "only-beats  -       -      7        yes     2s ago",
        "only-facts  linux   -      -        no      -",
        "no-bucket   linux   -      -        -       -",
      ].join("\n"),
    );
  });

  test("shows nothing that a terminal would obey", () => {
    const [, line] = renderPeelTable([{ ...unknown, id: "x", os: "\u001b]0;mine\u0007" }]).split("\n");
    assert.equal(line, "x        ?]0;mine?  -     -        -       -");
  });
});

describe("the document", () => {
  test("has every member for every peel, null where nothing is known", () => {
    const [first, second, , , last] = peelDocument(peels).peels;
    assert.deepEqual(first, {
      id: "db-1",
      os: "linux",
      arch: "arm64",
      version: "0.1.0",
      online: true,
      last_seen_seconds: 0.499,
    });
    assert.equal(second?.last_seen_seconds, 61.5);
    assert.deepEqual(last, {
      id: "no-bucket",
      os: "linux",
      arch: null,
      version: null,
      online: null,
      last_seen_seconds: null,
    });
  });

  test("says which version of it this is, also without peels", () => {
    assert.equal(JSON.stringify(peelDocument([])), '{"schema_version":1,"peels":[]}');
  });
});
