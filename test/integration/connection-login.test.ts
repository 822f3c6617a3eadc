import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import type { RunningServer } from "@fleet/broker";
import { resolveTestServerVersions, startTestServer } from "@fleet/broker/testing";
import { type Clock, isFleetError, systemClock } from "@fleet/runtime";
import { eventually } from "@fleet/runtime/testing";
import {
  assertCounted,
  type BusSession,
  changeSettings,
  connectSession,
  reloadSettings,
  startSession,
} from "./bus-session.ts";

const RIGHT = "right-Horse7";
const WRONG = "wrong-Horse7";

/** In the form of a credentials file, for a server that asks for none; of no other worth. */
const CREDS = `-----BEGIN NATS USER JWT-----
eyJ0eXAiOiJKV1QifQ.eyJuYW1lIjoidGVzdCJ9.c2lnbmF0dXJl
------END NATS USER JWT------

-----BEGIN USER NKEY SEED-----
SUAE3YA6VUYYAEMPYNZZVO3UL2OLP5AEYBEJKV3YCREBEVD4HRNLJTGV7U
------END USER NKEY SEED------
`;

function users(password: string): string {
  return `authorization { user: fleet, password: "${password}" }`;
}

function login(server: RunningServer, password: string): string {
  return server.url.replace("nats://", `nats://fleet:${password}@`);
}

/** The system's clock with time that can be skipped. */
function createSkippingClock(): Clock & { skip(durationMs: number): void } {
  let skippedMs = 0;
  return {
    ...systemClock,
    monoMs: () => systemClock.monoMs() + skippedMs,
    skip(durationMs) {
      skippedMs += durationMs;
    },
  };
}

async function attemptsSeenBy(server: RunningServer): Promise<number> {
  const varz = (await (await fetch(`${server.monitorUrl}/varz`)).json()) as { total_connections: number };
  return varz.total_connections;
}

function warnings(session: BusSession) {
  return session.logger.lines.filter((line) => line.level === "warn" && line.message.startsWith("cannot connect"));
}

for (const { label, path, skip } of await resolveTestServerVersions(["bookworm", "forky"])) {
  describe(`a login to ${label}`, { skip: skip ?? false }, () => {
    it("with a wrong password is tried again, told once a minute without the password, and works once it is right", async () => {
      await using server = await startTestServer({ path, config: users(RIGHT) });
      const clock = createSkippingClock();
      await using session = startSession({ urls: [login(server, WRONG)], clock });
      const { connection } = session;
      const toldFrom = await attemptsSeenBy(server);
      await eventually(async () => assert.ok((await attemptsSeenBy(server)) >= toldFrom + 3));
      assert.ok(isFleetError(connection.lastError, "BROKER_REFUSED_LOGIN"));
      assert.equal(connection.lastError?.message, `${server.url}: Authorization Violation`);
      assert.equal(warnings(session).length, 1);
      clock.skip(60_000);
      await eventually(() => assert.equal(warnings(session).length, 2));
      const [first, second] = warnings(session);
      assert.deepEqual(first?.fields["urls"], [server.url]);
      assert.match(String(first?.fields["error"]), /Authorization Violation/);
      assert.ok(Number(second?.fields["held_back"]) >= 1);
      const everything = inspect([session.logger.lines, connection.lastError, connection.urls], { depth: 20 });
      assert.doesNotMatch(everything, /Horse7/);

      await changeSettings(server, users(RIGHT), users(WRONG));
      reloadSettings(server);
      await connection.connected(AbortSignal.timeout(15_000));
      assert.equal(connection.state, "connected");
    });

    it("that no longer holds after a restart is told at once, and works again when it holds again", async () => {
      await using server = await startTestServer({ path, config: users(RIGHT) });
      await using session = await connectSession({ urls: [login(server, RIGHT)] });
      const { connection } = session;
      server.kill();
      await changeSettings(server, users(RIGHT), users("another"));
      await server.restart();
      await eventually(() => assert.ok(isFleetError(connection.lastError, "BROKER_REFUSED_LOGIN")));
      assert.equal(connection.state, "disconnected");
      assert.match(String(warnings(session).at(-1)?.fields["error"]), /Authorization Violation/);
      await changeSettings(server, users("another"), users(RIGHT));
      reloadSettings(server);
      await connection.connected(AbortSignal.timeout(15_000));
      assertCounted(connection, { reconnects: 1, disconnects: 1 });
    });

    it("taken away while connected ends the connection and is told as such", async () => {
      await using server = await startTestServer({ path, config: users(RIGHT) });
      await using session = await connectSession({ urls: [login(server, RIGHT)] });
      await changeSettings(server, users(RIGHT), users("another"));
      reloadSettings(server);
      await eventually(() => assert.ok(isFleetError(session.connection.lastError, "BROKER_REFUSED_LOGIN")));
      assert.equal(session.connection.state, "disconnected");
    });

    it("works with a token, and with characters that a URL must escape", async () => {
      const password = "p@ss:w/rd %41ü";
      await using server = await startTestServer({ path, config: users(password) });
      const escaped = login(server, encodeURIComponent(password));
      await using session = await connectSession({ urls: [escaped] });
      assert.equal(session.connection.state, "connected");

      await using other = await startTestServer({ path, config: 'authorization { token: "s3cr3t" }' });
      await using withToken = await connectSession({ urls: [other.url.replace("nats://", "nats://s3cr3t@")] });
      assert.deepEqual(withToken.connection.urls, [other.url]);
    });

    it("with a file of credentials asks for it at each attempt, so that one that is late or wrong can be put right", async () => {
      await using server = await startTestServer({ path });
      let file: string | undefined;
      const creds = () => {
        if (file === undefined) throw new Error("no such file: peel.creds");
        return new TextEncoder().encode(file);
      };
      await using session = startSession({ urls: [server.url], creds });
      const { connection } = session;
      await eventually(() => assert.match(connection.lastError?.message ?? "", /no such file: peel\.creds/));
      file = "nonsense";
      await eventually(() => assert.ok(isFleetError(connection.lastError, "BROKER_REFUSED_LOGIN")));
      file = CREDS;
      await connection.connected(AbortSignal.timeout(15_000));
      assert.equal(connection.state, "connected");
    });

    it("refused by one server does not keep it from the next", async () => {
      await using closed = await startTestServer({ path, config: users("another") });
      await using server = await startTestServer({ path, config: users(RIGHT) });
      await using session = await connectSession({ urls: [login(closed, RIGHT), server.url] });
      assert.equal(session.connection.server?.name, server.name);
    });

    it("fails a command that somebody waits for with the first refusal", async () => {
      await using server = await startTestServer({ path, config: users(RIGHT) });
      const session = startSession({ urls: [login(server, WRONG)], failFast: true });
      await assert.rejects(session.ended, (error) => isFleetError(error, "BROKER_REFUSED_LOGIN"));
      assert.equal(session.connection.state, "closed");
      assert.deepEqual(session.logger.lines, []);
    });
  });
}
