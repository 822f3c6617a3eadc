import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startTestServer } from "@fleet/broker/testing";
import { eventually } from "@fleet/runtime/testing";
import { bucketStream, LEASE_BUCKET } from "@fleet/wire";
import { askJetStream, connectSession } from "../integration/bus-session.ts";
import { PATIENCE } from "./fleet-command.ts";
import { untilHeld } from "./lease-holdings.ts";
import { readRosterTerms } from "./lease-records.ts";
import { startMasterProcess } from "./master-process.ts";

/** A TTL that a test can wait for. */
const LEASE_TTL = "3s";

describe("masters whose lease bucket is deleted", () => {
  it("go on counting terms, whether the lease was held at that moment or not", async () => {
    await using server = await startTestServer();
    await using observer = await connectSession({ urls: [server.url] });
    const { connection } = observer;
    const deleteBucket = () => askJetStream(connection, `STREAM.DELETE.${bucketStream(LEASE_BUCKET)}`);
    const flags = { "nats-url": server.url, "lease-ttl": LEASE_TTL };

    /** A term that nothing was written under leaves no trace, and needs none. */
    const untilOpened = (term: number) =>
      eventually(async () => {
        const opened = await readRosterTerms(connection);
        assert.ok(opened.some((record) => record.term === term));
      }, PATIENCE);

    // Released and gone: who comes next finds an empty bucket whose revisions begin at 1 again.
    const terms: number[] = [];
    for (const id of ["master-1", "master-2"]) {
      await using master = startMasterProcess(id, flags);
      const { term } = await untilHeld([master]);
      await untilOpened(term);
      terms.push(term);
      master.signal("SIGTERM");
      assert.equal((await master.command.ended).code, 0);
      await deleteBucket();
    }

    await using third = startMasterProcess("master-3", flags);
    await using fourth = startMasterProcess("master-4", flags);
    const held = await untilHeld([third, fourth]);
    await untilOpened(held.term);
    terms.push(held.term);
    await deleteBucket();
    // No renew succeeds any more; the bucket is made again when somebody finds it missing.
    const again = await untilHeld([third, fourth], held);
    // Revisions begin at 1 again: a renew of the one can fit the record of the other, which has lost it then.
    const lost = await eventually(() => {
      const found = [third, fourth].flatMap(({ lines }) => lines.find(({ msg }) => msg === "leader lease lost") ?? []);
      assert.ok(found[0], "nobody has lost it");
      return found[0];
    }, PATIENCE);
    assert.equal(lost.level, "WARN");
    terms.push(again.term);

    assert.deepEqual(
      terms,
      terms.toSorted((left, right) => left - right),
    );
    assert.equal(new Set(terms).size, terms.length, `terms were used again: ${terms}`);
  });
});
