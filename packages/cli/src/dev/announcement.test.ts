import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { announceFleet } from "./announcement.ts";
import type { DevMember } from "./dev-fleet.ts";

const members: readonly DevMember[] = [
  { role: "master", name: "master-1", healthAddr: "127.0.0.1:9091" },
  { role: "peel", name: "peel-1", healthAddr: "127.0.0.1:20000" },
];

const program = { path: "/home/ada/.cache/nats-server", version: "2.14.5", source: "cache" } as const;

function announce(broker: Parameters<typeof announceFleet>[0]["broker"], home = "/home/ada"): string[] {
  const lines: string[] = [];
  announceFleet({ broker, members, home, write: (line) => lines.push(...line.split("\n")) });
  return lines;
}

describe("the announcement", () => {
  test("has one line for each endpoint", () => {
    assert.deepEqual(announce({ shownUrl: "nats://127.0.0.1:4222", own: { port: 4222, program } }), [
      "nats      nats://127.0.0.1:4222  (nats-server 2.14.5, ~/.cache/nats-server)",
      "master-1  http://127.0.0.1:9091/readyz  http://127.0.0.1:9091/metrics",
      "peel-1    http://127.0.0.1:20000/readyz  http://127.0.0.1:20000/metrics",
    ]);
  });

  test("says what to set when NATS is not where commands look for it", () => {
    const lines = announce({ shownUrl: "nats://127.0.0.1:5000", own: { port: 5000, program } });
    assert.deepEqual(lines.slice(3), [
      "",
      "NATS is not on its default port, 4222. For commands in another terminal:",
      "  export FLEET_NATS_URL=nats://127.0.0.1:5000",
    ]);
  });

  test("has nothing to set for a NATS that the user has named", () => {
    const lines = announce({ shownUrl: "nats://nats-1:5000" });
    assert.equal(lines[0], "nats      nats://nats-1:5000");
    assert.equal(lines.length, 3);
  });

  test("shows a path outside of the home as it is", () => {
    const shown = (home: string) => announce({ shownUrl: "nats://x", own: { port: 4222, program } }, home)[0] ?? "";
    for (const home of ["/home/ad", "/root", ""]) assert.ok(shown(home).includes(program.path), home);
  });
});
