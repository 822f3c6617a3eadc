import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { FindFreePortOptions } from "@fleet/broker";
import { planMembers } from "./dev-fleet.ts";

/** Finds ports as the real one does, but on a machine where those given are taken: 20000, 20001 and so on are free. */
function createPortFinder(taken: readonly number[] = []) {
  return async ({ preferred, exclude = new Set() }: FindFreePortOptions): Promise<number> => {
    if (preferred !== undefined && !taken.includes(preferred) && !exclude.has(preferred)) return preferred;
    let port = 20_000;
    while (taken.includes(port) || exclude.has(port)) port += 1;
    return port;
  };
}

describe("the plan of a fleet", () => {
  test("gives the first of each role the port people know, and the others free ones", async () => {
    assert.deepEqual(await planMembers({ masters: 2, peels: 3 }, createPortFinder()), [
      { role: "master", name: "master-1", healthAddr: "127.0.0.1:9091" },
      { role: "master", name: "master-2", healthAddr: "127.0.0.1:20000" },
      { role: "peel", name: "peel-1", healthAddr: "127.0.0.1:9090" },
      { role: "peel", name: "peel-2", healthAddr: "127.0.0.1:20001" },
      { role: "peel", name: "peel-3", healthAddr: "127.0.0.1:20002" },
    ]);
  });

  test("takes other ports where those are taken, never the same twice", async () => {
    const members = await planMembers({ masters: 20, peels: 200 }, createPortFinder([9090, 9091]));
    assert.equal(new Set(members.map(({ healthAddr }) => healthAddr)).size, 220);
    assert.equal(new Set(members.map(({ name }) => name)).size, 220);
    assert.ok(members.every(({ healthAddr }) => /^127\.0\.0\.1:20\d{3}$/.test(healthAddr)));
  });

  test("never gives the port that one role prefers to the other", async () => {
    const inFavour =
      (port: number) =>
      async ({ preferred, exclude }: FindFreePortOptions) =>
        exclude?.has(port) ? (preferred ?? 20_000) : port;
    const [master] = await planMembers({ masters: 1, peels: 0 }, inFavour(9090));
    assert.equal(master?.healthAddr, "127.0.0.1:9091");
    const [peel] = await planMembers({ masters: 0, peels: 1 }, inFavour(9091));
    assert.equal(peel?.healthAddr, "127.0.0.1:9090");
  });

  test("may be empty", async () => {
    assert.deepEqual(await planMembers({ masters: 0, peels: 0 }, createPortFinder()), []);
  });
});
