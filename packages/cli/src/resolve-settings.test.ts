import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { resolveMasterOptions } from "@fleet/master";
import { resolvePeelOptions } from "@fleet/peel";
import { isFleetError } from "@fleet/runtime";
import { resolveLogOptions } from "./log-options.ts";
import { resolveCliConnection } from "./query-options.ts";
import { resolveSettings, type Values } from "./resolve-settings.ts";
import { LOG_SETTINGS, MASTER_SETTINGS, NATS_SETTINGS, optionsOf, PEEL_SETTINGS } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "fleet-settings-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function resolvePeel(flags: Values, environment: Readonly<Record<string, string>> = {}) {
  const resolvers = {
    config: (values: Values) => resolvePeelOptions(optionsOf(PEEL_SETTINGS, values)),
    log: resolveLogOptions,
  };
  return resolveSettings([...PEEL_SETTINGS, ...LOG_SETTINGS], flags, resolvers, environment);
}

function linesOf(resolve: () => unknown): string[] {
  try {
    resolve();
  } catch (error) {
    assert.ok(isFleetError(error, "USAGE"), `${error}`);
    return error.message.split("\n");
  }
  return assert.fail("the settings were taken");
}

describe("the settings of a peel", () => {
  test("reach the part they belong to", () => {
    const flags = { id: "web-1", label: ["role=web"], heartbeatInterval: "2s", natsUrl: ["nats://a,nats://b"] };
    const { config, log } = resolvePeel(flags, { FLEET_LOG_FORMAT: "text", FLEET_HEARTBEAT_TTL: "7s" });
    assert.equal(config.id, "web-1");
    assert.deepEqual(config.labels, { role: "web" });
    assert.equal(config.heartbeatIntervalMs, 2_000);
    assert.deepEqual(config.connection("s").servers, ["a:4222", "b:4222"]);
    assert.deepEqual(log, { level: "info", format: "text" });
  });

  test("are refused with every problem of every part and of the file, all at once", () => {
    const path = join(folder, "fleet.yaml");
    writeFileSync(path, "heart_beat_ttl: 60s\nshutdown_timeout: soon\n");
    const flags = {
      config: path,
      id: "no spaces",
      label: ["role"],
      heartbeatInterval: "20s",
      natsUrl: ["nats://a,http://b"],
      natsCa: join(folder, "no-such-file"),
      logLevel: "loud",
    };
    const lines = linesOf(() => resolvePeel(flags, { FLEET_HEALTH_ADDR: "9090", FLEET_METRICS_INSECURE: "maybe" }));
    const starts = [
      `--config ${path}: unknown key "heart_beat_ttl"; did you mean "heartbeat_ttl"?`,
      '--label: "role" is not of the form key=value',
      '--metrics-insecure (from FLEET_METRICS_INSECURE): "maybe" is not a yes or no',
      "--nats-ca: ENOENT",
      '--id: "no spaces" cannot be a peel id',
      '--nats-url, number 2: "http://" is not a NATS URL',
      '--health-addr (from FLEET_HEALTH_ADDR): "9090" has no port',
      `--shutdown-timeout (from shutdown_timeout in ${path}): "soon" is not a duration`,
      "--heartbeat-ttl: 30s is less than three times the heartbeat interval of 20s",
      '--log-level: "loud" is not valid; use debug, info, warn, error',
    ];
    for (const start of starts) {
      assert.ok(
        lines.some((line) => line.startsWith(start)),
        `no line begins with: ${start}\n${lines.join("\n")}`,
      );
    }
    assert.equal(lines.length, starts.length, lines.join("\n"));
  });

  test("never show a password, however the URL is wrong", () => {
    const urls = ["http://u:secret@h:1", "nats://u:secret@h:notaport", "nats://:secret@h", "u:secret@h:1/path"];
    const lines = linesOf(() => resolvePeel({ natsUrl: urls }));
    assert.equal(lines.length, urls.length, lines.join("\n"));
    assert.doesNotMatch(lines.join("\n"), /secret/);
  });
});

describe("credentials", () => {
  const resolve = (flags: Values) => {
    let given: unknown;
    resolveSettings(NATS_SETTINGS, flags, { part: (values: Values) => (given = values["natsCreds"]) }, {});
    return given as (() => Uint8Array) | undefined;
  };

  test("are read anew at each login", () => {
    const path = join(folder, "a.creds");
    writeFileSync(path, "first");
    const creds = resolve({ natsCreds: path });
    writeFileSync(path, "second");
    assert.equal(Buffer.from(creds?.() ?? []).toString(), "second");
  });

  test("that cannot be read stop the start, named by their flag", () => {
    assert.match(linesOf(() => resolve({ natsCreds: "/nowhere/a.creds" })).join(), /^--nats-creds: ENOENT.*a\.creds/);
  });
});

describe("the metrics token", () => {
  const tokenOf = (flags: Values, environment: Readonly<Record<string, string>> = {}) =>
    resolvePeel({ id: "p", ...flags }, environment).config.metricsBearer?.();
  const path = join(folder, "bearer");

  test("comes from the environment or from a file, which is read anew at each use", () => {
    assert.equal(tokenOf({}), undefined);
    assert.equal(tokenOf({}, { METRICS_BEARER: "abc" }), "abc");
    assert.equal(tokenOf({}, { METRICS_BEARER: "abc", FLEET_METRICS_BEARER: "own" }), "own");
    writeFileSync(path, "first\n");
    assert.equal(tokenOf({}, { METRICS_BEARER_FILE: path }), "first");
    const { config } = resolvePeel({ id: "p", metricsBearerFile: path });
    assert.equal(config.metricsBearer?.(), "first");
    writeFileSync(path, "second");
    assert.equal(config.metricsBearer?.(), "second");
  });

  test("cannot stand in the arguments or in the configuration file", () => {
    assert.ok(PEEL_SETTINGS.every(({ flag }) => flag !== "--metrics-bearer"));
    const file = join(folder, "with-token.yaml");
    writeFileSync(file, "metrics_bearer: abc\n");
    const lines = linesOf(() => tokenOf({ config: file }));
    assert.deepEqual(lines, [`--config ${file}: unknown key "metrics_bearer"; did you mean "metrics_bearer_file"?`]);
  });

  test("stops the start if it is none, cannot be read or is given twice, and is never shown", () => {
    writeFileSync(path, "two words");
    const empty = join(folder, "empty");
    writeFileSync(empty, "\n");
    const cases: [Readonly<Record<string, string>>, RegExp][] = [
      [{ METRICS_BEARER: "two words" }, /^METRICS_BEARER: a token is one word/],
      [{ METRICS_BEARER_FILE: path }, /^--metrics-bearer-file \(from METRICS_BEARER_FILE\): .* is not one word/],
      [{ METRICS_BEARER_FILE: empty }, /is not one word/],
      [{ METRICS_BEARER_FILE: "/nowhere/bearer" }, /ENOENT/],
      [{ METRICS_BEARER: "two", METRICS_BEARER_FILE: path }, /both given; leave out one/],
    ];
    for (const [environment, expected] of cases) {
      const lines = linesOf(() => tokenOf({}, environment));
      assert.equal(lines.length, 1, lines.join("\n"));
      assert.match(lines[0] ?? "", expected);
      assert.doesNotMatch(lines.join(), /two/);
    }
  });
});

describe("the login to the system account", () => {
  const resolveMaster = (flags: Values, environment: Readonly<Record<string, string>> = {}) =>
    resolveSettings(
      MASTER_SETTINGS,
      flags,
      { config: (values: Values) => resolveMasterOptions(optionsOf(MASTER_SETTINGS, values)) },
      environment,
    ).config.systemConnection;
  const path = join(folder, "sys-password");

  test("is a credentials file, or a user with a password from the environment or from a file, read anew at each login", () => {
    assert.equal(resolveMaster({}), undefined);
    writeFileSync(path, "first\n");
    const byFile = resolveMaster({ natsSysUser: "sys", natsSysPasswordFile: path });
    assert.deepEqual(byFile?.login?.(), { user: "sys", password: "first" });
    writeFileSync(path, "second");
    assert.deepEqual(byFile?.login?.(), { user: "sys", password: "second" });
    assert.equal(Buffer.from(resolveMaster({ natsSysCreds: path })?.creds?.() ?? []).toString(), "second");
    const byEnvironment = resolveMaster({}, { FLEET_NATS_SYS_USER: "sys", FLEET_NATS_SYS_PASSWORD: "third" });
    assert.deepEqual(byEnvironment?.login?.(), { user: "sys", password: "third" });
    const fromVariables = resolveMaster({}, { FLEET_NATS_SYS_USER: "sys", FLEET_NATS_SYS_PASSWORD_FILE: path });
    assert.deepEqual(fromVariables?.login?.(), { user: "sys", password: "second" });
  });

  test("stops the start if it is not whole, cannot be read or is given twice, and its password is never shown", () => {
    assert.ok(MASTER_SETTINGS.every(({ flag }) => flag !== "--nats-sys-password"));
    const secret = { FLEET_NATS_SYS_PASSWORD: "Horse7" };
    const cases: [Values, Readonly<Record<string, string>>, RegExp][] = [
      [{ natsSysUser: "sys" }, {}, /^--nats-sys-user: the password of this user is missing$/],
      [{}, secret, /^FLEET_NATS_SYS_PASSWORD: the user with this password is missing$/],
      [
        { natsSysUser: "sys", natsSysPasswordFile: path },
        secret,
        /^FLEET_NATS_SYS_PASSWORD: .* both given; leave out one/,
      ],
      [{ natsSysUser: "sys", natsSysCreds: path }, secret, /^--nats-sys-user: a user and a credentials file are both/],
      [{ natsSysCreds: "/nowhere/sys.creds" }, {}, /^--nats-sys-creds: ENOENT/],
      [{ natsSysUser: "sys", natsSysPasswordFile: "/nowhere/pw" }, {}, /^--nats-sys-password-file: ENOENT/],
    ];
    for (const [flags, environment, expected] of cases) {
      const lines = linesOf(() => resolveMaster(flags, environment));
      assert.equal(lines.length, 1, lines.join("\n"));
      assert.match(lines[0] ?? "", expected);
      assert.doesNotMatch(lines.join(), /Horse7/);
    }
  });
});

test("an error that is not about options is passed on", () => {
  const boom = () => {
    throw new TypeError("boom");
  };
  assert.throws(() => resolveSettings(LOG_SETTINGS, {}, { boom }, {}), TypeError);
});

test("problems of a connection name the settings that they come from", () => {
  const resolve = (flags: Values) =>
    linesOf(() => resolveSettings(NATS_SETTINGS, flags, { connection: resolveCliConnection }, {}));
  assert.match(resolve({ natsUrl: "," })[0] ?? "", /^--nats-url: no server given/);
  assert.match(resolve({ natsUrl: "nats://a,nats://u:p@b" })[0] ?? "", /^--nats-url, number 2: credentials stand in/);
});
