import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { resolveTestServerVersions, startTestServer } from "@fleet/broker/testing";
import { createBucket, setUpBucket } from "@fleet/bus";
import { isFleetError } from "@fleet/runtime";
import { eventually } from "@fleet/runtime/testing";
import { changeSettings, connectSession, reloadSettings } from "./bus-session.ts";

const NOTHING = new Uint8Array();
const INBOX = '"_INBOX.>"';

/** A server that grants everything to `admin`, and to `peel` what is given. */
function users(publish: string, subscribe: string): string {
  return `authorization { users: [
    { user: admin, password: pw }
    { user: peel, password: pw, permissions: { publish: [${publish}], subscribe: [${subscribe}] } }
  ] }`;
}

function login(user: string, url: string): { urls: string[] } {
  return { urls: [url.replace("nats://", `nats://${user}:pw@`)] };
}

/** Checks for a refusal that names what was refused. */
function denied(operation: "publish" | "subscription", subject: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isFleetError(error, "PERMISSION_DENIED"), String(error));
    assert.match(error.message, new RegExp(`do not allow ${operation} "${subject.source}"`));
    return true;
  };
}

async function quickly(work: Promise<void>): Promise<void> {
  const startedMono = performance.now();
  await work;
  assert.ok(performance.now() - startedMono < 3_000);
}

for (const { label, path, skip } of await resolveTestServerVersions()) {
  describe(`permissions on ${label}`, { skip: skip ?? false }, () => {
    it("refuse a request quickly and with its subject, and let it through once granted", async () => {
      const [before, after] = [users('"other"', INBOX), users('"other", "ask"', INBOX)];
      await using server = await startTestServer({ path, config: before });
      await using admin = await connectSession(login("admin", server.url));
      admin.connection.subscribe("ask", ({ reply }) => admin.connection.publish(reply ?? "", Uint8Array.of(1)));
      await admin.connection.flush(5_000);
      await using peel = await connectSession(login("peel", server.url));
      const ask = () => peel.connection.request("ask", NOTHING, { timeoutMs: 30_000 });
      await quickly(assert.rejects(ask(), denied("publish", /ask/)));

      await changeSettings(server, before, after);
      reloadSettings(server);
      await eventually(async () => assert.deepEqual([...(await ask()).payload], [1]));
    });

    it("refuse a publish with a warning that names its subject", async () => {
      await using server = await startTestServer({ path, config: users('"other"', INBOX) });
      await using peel = await connectSession(login("peel", server.url));
      for (let count = 0; count < 20; count += 1) peel.connection.publish("news.$x", NOTHING);
      await peel.connection.flush(5_000);
      const warnings = await eventually(() => {
        const found = peel.logger.lines.filter((line) => line.message.startsWith("NATS permission denied"));
        assert.ok(found.length > 0);
        return found;
      });
      assert.deepEqual(
        warnings.map(({ level, fields }) => [level, fields["operation"], fields["subject"]]),
        [["warn", "publish", "news.$x"]],
      );
      assert.equal(peel.connection.state, "connected");
    });

    it("refuse a subscription with a warning that names its subject, and let it work by itself once granted", async () => {
      const [before, after] = [users('">"', INBOX), users('">"', `${INBOX}, "orders"`)];
      await using server = await startTestServer({ path, config: before });
      await using peel = await connectSession(login("peel", server.url));
      const heard: string[] = [];
      peel.connection.subscribe("orders", ({ subject }) => heard.push(subject));
      const refusals = () => peel.logger.lines.filter((line) => line.message.startsWith("NATS refused a subscription"));
      await eventually(() => assert.ok(refusals().length > 0));
      assert.equal(refusals()[0]?.fields["subject"], "orders");
      assert.match(String(refusals()[0]?.fields["error"]), /do not allow subscription "orders"/);

      await changeSettings(server, before, after);
      reloadSettings(server);
      await eventually(() => {
        if (peel.connection.state === "connected") peel.connection.publish("orders", NOTHING);
        assert.ok(heard.length > 0);
      });
    });

    it("taken away and given back end a subscription and bring it back by itself", async () => {
      const [open, closed] = [users('">"', `${INBOX}, "orders"`), users('">"', INBOX)];
      await using server = await startTestServer({ path, config: open });
      await using peel = await connectSession(login("peel", server.url));
      let heard = 0;
      peel.connection.subscribe("orders", () => {
        heard += 1;
      });
      const order = () => {
        if (peel.connection.state === "connected") peel.connection.publish("orders", NOTHING);
      };
      const refused = () => peel.logger.lines.some((line) => line.message.startsWith("NATS refused a subscription"));
      await eventually(() => {
        order();
        assert.ok(heard > 0);
      });
      await changeSettings(server, open, closed);
      reloadSettings(server);
      await eventually(() => assert.ok(refused()));
      await changeSettings(server, closed, open);
      reloadSettings(server);
      heard = 0;
      await eventually(() => {
        order();
        assert.ok(heard > 0);
      });
    });

    it("that do not cover its inbox refuse every request quickly, naming the inbox", async () => {
      await using server = await startTestServer({ path, config: users('">"', '"orders"') });
      await using peel = await connectSession({ ...login("peel", server.url), inboxPrefix: "_INBOX_peel" });
      for (let round = 0; round < 2; round += 1) {
        const asked = peel.connection.request("ask", NOTHING, { timeoutMs: 30_000 });
        await quickly(assert.rejects(asked, denied("subscription", /_INBOX_peel\.[^"]+/)));
      }
    });

    it("of a peel let it write its own key and nothing else, and each refusal names the subject", async () => {
      const grants = '"$KV.peel-heartbeat.web1", "$JS.API.DIRECT.GET.KV_peel-heartbeat.$KV.peel-heartbeat.web1"';
      await using server = await startTestServer({ path, config: users(grants, INBOX) });
      await using admin = await connectSession(login("admin", server.url));
      const spec = { name: "peel-heartbeat", ttlMs: 30_000, history: 1, storage: "memory" } as const;
      await setUpBucket(admin.connection, spec);
      await using peel = await connectSession(login("peel", server.url));
      const bucket = createBucket(peel.connection, "peel-heartbeat");
      const revision = await bucket.put("web1", NOTHING);
      assert.equal((await bucket.get("web1"))?.revision, revision);
      await bucket.delete("web1", { expectedRevision: revision });

      const refusals: [() => Promise<unknown>, RegExp][] = [
        [() => bucket.put("web2", NOTHING), /\$KV\.peel-heartbeat\.web2/],
        [() => bucket.delete("web2"), /\$KV\.peel-heartbeat\.web2/],
        [() => bucket.get("web2"), /\$JS\.API\.DIRECT\.GET\.KV_peel-heartbeat\.\$KV\.peel-heartbeat\.web2/],
        [() => bucket.get("web1", { fromLeader: true }), /\$JS\.API\.STREAM\.MSG\.GET\.KV_peel-heartbeat/],
        [() => bucket.purge("web2", { before: 9 }), /\$JS\.API\.STREAM\.PURGE\.KV_peel-heartbeat/],
        [() => bucket.state(), /\$JS\.API\.STREAM\.INFO\.KV_peel-heartbeat/],
        [() => bucket.replay(() => {}, { timeoutMs: 30_000 }), /\$JS\.API\.STREAM\.INFO\.KV_peel-heartbeat/],
        [() => setUpBucket(peel.connection, spec), /\$JS\.API\.STREAM\.INFO\.KV_peel-heartbeat/],
      ];
      for (const [refusal, subject] of refusals) await quickly(assert.rejects(refusal(), denied("publish", subject)));
    });

    it("that allow to make a reader but not to pull from it fail the replay and are named in the log", async () => {
      const grants = '"$JS.API.STREAM.INFO.>", "$JS.API.CONSUMER.CREATE.>", "$JS.API.CONSUMER.DELETE.>"';
      await using server = await startTestServer({ path, config: users(grants, INBOX) });
      await using admin = await connectSession(login("admin", server.url));
      await setUpBucket(admin.connection, { name: "facts", ttlMs: 0, history: 1, storage: "memory" });
      await createBucket(admin.connection, "facts").put("web1", NOTHING);
      await using peel = await connectSession(login("peel", server.url));
      const replay = createBucket(peel.connection, "facts").replay(() => {}, { timeoutMs: 500 });
      await assert.rejects(replay, (error) => isFleetError(error, "TIMEOUT"));
      const warning = peel.logger.lines.find((line) => line.message.startsWith("NATS permission denied"));
      assert.match(String(warning?.fields["subject"]), /^\$JS\.API\.CONSUMER\.MSG\.NEXT\.KV_facts\./);
    });
  });
}
