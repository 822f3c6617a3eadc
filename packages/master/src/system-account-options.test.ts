import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidOptionsError } from "@fleet/runtime";
import { type MasterOptions, resolveMasterOptions } from "./master-options.ts";

const creds = () => new Uint8Array();
const password = () => "Horse7";

function problemsOf(options: MasterOptions): string[] {
  try {
    resolveMasterOptions(options);
    return [];
  } catch (error) {
    assert.ok(error instanceof InvalidOptionsError, String(error));
    return error.problems.map(({ option, message }) => `${option}: ${message}`);
  }
}

test("without a login to it there is no connection to the system account", () => {
  assert.equal(resolveMasterOptions({}).systemConnection, undefined);
});

test("a credentials file, or a user with a password that is asked for at each dial, is its login", () => {
  const shared = { id: "master-a", natsUrl: ["nats://fleet:secret@a:1", "b:2"] };
  const byFile = resolveMasterOptions({ ...shared, natsSysCreds: creds }).systemConnection;
  assert.deepEqual([byFile?.name, byFile?.servers], ["master:master-a:system", ["a:1", "b:2"]]);
  assert.deepEqual([byFile?.creds, byFile?.login], [creds, undefined]);

  let now = "first";
  const byUser = resolveMasterOptions({ ...shared, natsSysUser: "sys", natsSysPassword: () => now }).systemConnection;
  assert.equal(byUser?.creds, undefined);
  assert.deepEqual(byUser?.login?.(), { user: "sys", password: "first" });
  now = "second";
  assert.deepEqual(byUser?.login?.(), { user: "sys", password: "second" });
});

test("it has the certificate authorities of the other connection, and none of its credentials", () => {
  const natsCa = () => "authorities";
  for (const natsUrl of [["nats://fleet:secret@a"], ["nats://token@a"]]) {
    const { connection, systemConnection } = resolveMasterOptions({ natsUrl, natsCa, natsSysCreds: creds });
    assert.ok(connection.user ?? connection.token);
    const { user, password: own, token, ca } = systemConnection ?? assert.fail();
    assert.deepEqual([user, own, token, ca], [undefined, undefined, undefined, natsCa]);
  }
});

test("a login that is not whole, and a second one, are problems, told with all others and without the password", () => {
  assert.deepEqual(problemsOf({ natsSysUser: "sys" }), ["natsSysUser: the password of this user is missing"]);
  assert.deepEqual(problemsOf({ natsSysPassword: password }), [
    "natsSysPassword: the user with this password is missing",
  ]);
  const both = { natsSysCreds: creds, natsSysUser: "sys", natsSysPassword: password };
  assert.match(problemsOf(both).join(), /^natsSysUser: a user and a credentials file are both given/);
  const many = problemsOf({ natsSysUser: "sys", natsUrl: [], heartbeatTtl: "1s", countInterval: "soon" });
  assert.deepEqual(many.map((problem) => problem.split(":")[0]).sort(), [
    "countInterval",
    "heartbeatTtl",
    "natsSysUser",
    "natsUrl",
  ]);
});
