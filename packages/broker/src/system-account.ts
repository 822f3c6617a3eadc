import { randomBytes } from "node:crypto";

/** A login to the system account of a server. */
export interface SystemLogin {
  readonly user: string;
  readonly password: string;
}

const PASSWORD_BYTES = 24;

/** A login that nobody can guess. */
export function createSystemLogin(): SystemLogin {
  return { user: "fleet-system", password: createPassword() };
}

/**
 * The settings of a server with this login to its system account. Everybody else needs none, as on a server without
 * accounts: all share one account, with JetStream, whose own password nobody is told.
 */
export function renderSystemAccount({ user, password }: SystemLogin): string {
  const userOf = (name: string, secret: string) =>
    `{ user: ${JSON.stringify(name)}, password: ${JSON.stringify(secret)} }`;
  return [
    "accounts {",
    `  SYS { users: [${userOf(user, password)}] }`,
    `  FLEET { jetstream: enabled, users: [${userOf("fleet", createPassword())}] }`,
    "}",
    "system_account: SYS",
    "no_auth_user: fleet",
  ].join("\n");
}

/** Letters, digits, `-` and `_`: the same in every language of quotes. */
function createPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString("base64url");
}
