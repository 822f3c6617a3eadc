import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startTestServer } from "@fleet/broker/testing";
import { eventually } from "@fleet/runtime/testing";
import { PATIENCE, runFleet, startFleet } from "./fleet-command.ts";

interface PingedPeel {
  readonly id: string;
  readonly result: string;
  readonly sent: number;
  readonly answered: number;
  readonly round_trip_seconds: { readonly min: number; readonly mean: number; readonly max: number } | null;
  readonly session: string | null;
  readonly version: string | null;
  readonly uptime_seconds: number | null;
  readonly status: string | null;
}

async function pingAsJson(natsUrl: string, ...args: string[]): Promise<{ code: number | null; peels: PingedPeel[] }> {
  const { code, stdout, stderr } = await runFleet(["peel", "ping", "-o", "json", "--nats-url", natsUrl, ...args]);
  assert.equal(stderr, "");
  const document = JSON.parse(stdout) as { schema_version: number; peels: PingedPeel[] };
  assert.equal(document.schema_version, 1);
  return { code, peels: document.peels };
}

describe("fleet peel ping", () => {
  it("tells of peels that are there, of one that is stopped and of one that is gone, and needs no master", async () => {
    await using server = await startTestServer();
    const startPeel = (id: string) =>
      startFleet(["peel", "run", "--id", id, "--nats-url", server.url, "--health-addr", "127.0.0.1:0"]);
    await using _web1 = startPeel("web1");
    await using web2 = startPeel("web2");
    await eventually(async () => {
      const { code, stdout } = await runFleet(["peel", "ping", "web1", "web2", "--nats-url", server.url]);
      assert.equal(code, 0);
      const [heading, ...lines] = stdout.trimEnd().split("\n");
      assert.match(heading ?? "", /^PEEL ID {2}RESULT {4}ANSWERS {2}MIN +MEAN +MAX +STATUS +VERSION +UPTIME +SESSION$/);
      for (const [index, line] of lines.entries()) {
        // There is no facts bucket without a master, and the peel says so.
        const id = `web${index + 1}`;
        assert.match(
          line,
          new RegExp(`^${id} +answered +1/1 +(\\d+\\.\\dms +){3}(down|degraded|unknown|ok) +\\d\\S+ +\\S+ +\\w{27}$`),
        );
      }
      assert.equal(lines.length, 2);
    }, PATIENCE);

    web2.child.kill("SIGSTOP");
    const startedMono = performance.now();
    const args = ["web2", "web1", "nobody", "web1", "--count", "3", "--interval", "50ms", "--timeout", "400ms"];
    const { code, peels } = await pingAsJson(server.url, ...args);
    web2.child.kill("SIGCONT");
    assert.ok(performance.now() - startedMono >= 1_200, "three times 400 ms for the one that is stopped");
    assert.equal(code, 3);
    assert.deepEqual(
      peels.map(({ id, result, sent, answered }) => [id, result, sent, answered]),
      [
        ["web2", "timeout", 3, 0],
        ["web1", "answered", 3, 3],
        ["nobody", "no-responders", 3, 0],
      ],
    );
    const [stopped, here] = peels;
    assert.deepEqual([stopped?.round_trip_seconds, stopped?.session], [null, null]);
    const { min, mean, max } = here?.round_trip_seconds ?? assert.fail();
    assert.ok(min > 0 && min <= mean && mean <= max && max < 0.4, `${min} ${mean} ${max}`);
    assert.match(here?.session ?? "", /^\w{27}$/);
    assert.ok((here?.uptime_seconds ?? 0) > 0);

    web2.child.kill("SIGKILL");
    await web2.ended;
    await eventually(async () => {
      const gone = await pingAsJson(server.url, "web2");
      assert.deepEqual([gone.code, gone.peels[0]?.result], [3, "no-responders"]);
    }, PATIENCE);
  });

  it("ends with 1 where there is no broker, or where the login may not ask", async () => {
    const away = await runFleet(["peel", "ping", "web1", "--nats-url", "nats://127.0.0.1:1"]);
    assert.deepEqual([away.code, away.stdout], [1, ""]);
    assert.match(away.stderr, /^fleet: nats:\/\/127\.0\.0\.1:1: /);

    const cases = [
      { publish: '">"', subscribe: '"_INBOX.>"', reason: /to hear answers on fleet\.peel\.\*\.pong\.\w+\.\*$/ },
      { publish: '"x"', subscribe: '">"', reason: /fleet\.peel\.web1\.ping$/ },
    ];
    for (const { publish, subscribe, reason } of cases) {
      const permissions = `{ publish: [${publish}], subscribe: [${subscribe}] }`;
      const config = `authorization { users: [{ user: u, password: pw, permissions: ${permissions} }] }`;
      await using server = await startTestServer({ config });
      const natsUrl = server.url.replace("nats://", "nats://u:pw@");
      const denied = await runFleet(["peel", "ping", "web1", "--timeout", "1s", "--nats-url", natsUrl]);
      assert.equal(denied.code, 1);
      assert.match(denied.stdout, /^web1 +unknown +0\/1 /m);
      assert.match(denied.stderr, /^fleet: the credentials do not allow /);
      assert.match(denied.stderr.trimEnd(), reason);
    }
  });

  const cases: readonly [string[], RegExp][] = [
    [[], /^fleet: missing required argument 'id'\n/],
    [["a.b", "ok", "-c"], /^fleet: unknown option '-c'\n/],
    [["a.b", "ok", "_x"], /^fleet: "a\.b" cannot be a peel id: .*\nfleet: "_x" cannot be a peel id: .*\n$/],
    [["web1", "--count", "0"], /^fleet: --count: a whole number from 1 to 1000000 is wanted\n$/],
    [["web1", "--timeout", "soon"], /^fleet: --timeout: "soon" is not a duration; .*\n$/],
    [["web1", "-o", "xml"], /^fleet: --output: "xml" is not a format; use table or json\n$/],
  ];
  for (const [args, message] of cases) {
    it(`ends with 2 and names what is wrong: ${args.join(" ") || "no peel"}`, async () => {
      const { code, stdout, stderr } = await runFleet(["peel", "ping", ...args]);
      assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
      assert.match(stderr, message);
    });
  }
});
