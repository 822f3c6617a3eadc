import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { peelDocument, renderPeelTable } from "./peel-table.ts";

const KNOWN = { id: "web-1", os: "linux", arch: "amd64", version: "0.1.0", online: true, lastSeenMs: 3_400 };
const UNKNOWN = {
  id: "web-2",
  os: undefined,
  arch: undefined,
  version: undefined,
  online: undefined,
  lastSeenMs: undefined,
};

describe("the peel table", () => {
  test("shows what is not known as a dash", () => {
    const rows = [KNOWN, UNKNOWN, { ...KNOWN, id: "web-3", online: false, lastSeenMs: undefined }];
    assert.equal(
      renderPeelTable(rows),
      [
        "PEEL ID  OS     ARCH   VERSION  ONLINE  LAST-SEEN",
        "web-1    linux  amd64  0.1.0    yes     3s ago",
        "web-2    -      -      -        -       -",
        "web-3    linux  amd64  0.1.0    no      -",
      ].join("\n"),
    );
  });

  test("is a document with null for what is not known", () => {
    assert.deepEqual(peelDocument([KNOWN, UNKNOWN]), {
      schema_version: 1,
      peels: [
        { id: "web-1", os: "linux", arch: "amd64", version: "0.1.0", online: true, last_seen_seconds: 3.4 },
        { id: "web-2", os: null, arch: null, version: null, online: null, last_seen_seconds: null },
      ],
    });
  });
});
