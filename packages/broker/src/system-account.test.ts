import assert from "node:assert/strict";
import { test } from "node:test";
import { createSystemLogin, renderSystemAccount } from "./system-account.ts";

test("each login has a password of its own that cannot be guessed", () => {
  const passwords = Array.from({ length: 20 }, () => createSystemLogin().password);
  assert.equal(new Set(passwords).size, 20);
  for (const password of passwords) assert.match(password, /^[\w-]{32}$/);
});

test("the settings have the login in the system account, and an account without login for everybody else", () => {
  const settings = renderSystemAccount({ user: "sys", password: "Horse7" });
  const lines = settings.split("\n");
  assert.equal(lines[1], '  SYS { users: [{ user: "sys", password: "Horse7" }] }');
  assert.match(
    lines[2] ?? "",
    /^ {2}FLEET \{ jetstream: enabled, users: \[\{ user: "fleet", password: "[\w-]{32}" \}\] \}$/,
  );
  assert.deepEqual(lines.slice(-2), ["system_account: SYS", "no_auth_user: fleet"]);
  assert.notEqual(settings, renderSystemAccount({ user: "sys", password: "Horse7" }));
});
