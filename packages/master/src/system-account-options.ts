import { type ConnectionConfig, type Login, resolveConnectionOptions } from "@fleet/bus";
import * as z from "zod";

/** Who to be for the NATS system account, which hears of every connection that ends. All left out: nobody. */
export interface SystemAccountOptions {
  /** Contents of a NATS `.creds` file of the system account, asked for at each login. */
  readonly natsSysCreds?: () => Uint8Array;
  /** User of the system account, where there is no such file. */
  readonly natsSysUser?: string;
  /** The user's password, asked for at each dial. */
  readonly natsSysPassword?: () => string;
}

/** {@link SystemAccountOptions} as a schema gives them. */
interface GivenSystemAccount {
  readonly natsSysCreds?: (() => Uint8Array) | undefined;
  readonly natsSysUser?: string | undefined;
  readonly natsSysPassword?: (() => string) | undefined;
}

/** The schema of {@link SystemAccountOptions}, member by member. */
export function systemAccountShape(): {
  natsSysCreds: z.ZodType<(() => Uint8Array) | undefined, (() => Uint8Array) | undefined>;
  natsSysUser: z.ZodType<string | undefined, string | undefined>;
  natsSysPassword: z.ZodType<(() => string) | undefined, (() => string) | undefined>;
} {
  return {
    natsSysCreds: z.custom<() => Uint8Array>((value) => typeof value === "function").optional(),
    natsSysUser: z.string().min(1, { error: "empty; name a user of the system account" }).optional(),
    natsSysPassword: z.custom<() => string>((value) => typeof value === "function").optional(),
  };
}

interface LoginRule {
  readonly option: keyof SystemAccountOptions;
  readonly problem: string;
  readonly broken: (given: GivenSystemAccount) => boolean;
}

const LOGIN_RULES: readonly LoginRule[] = [
  {
    option: "natsSysUser",
    problem: "a user and a credentials file are both given; leave out one of them",
    broken: ({ natsSysCreds, natsSysUser }) => natsSysCreds !== undefined && natsSysUser !== undefined,
  },
  {
    option: "natsSysUser",
    problem: "the password of this user is missing",
    broken: ({ natsSysUser, natsSysPassword }) => natsSysUser !== undefined && natsSysPassword === undefined,
  },
  {
    option: "natsSysPassword",
    problem: "the user with this password is missing",
    broken: ({ natsSysUser, natsSysPassword }) => natsSysUser === undefined && natsSysPassword !== undefined,
  },
];

/**
 * Adds to a schema with {@link systemAccountShape} that there is at most one login, and that it is whole; told also when
 * other members are wrong.
 */
export function withOneSystemLogin<Config extends GivenSystemAccount>(schema: z.ZodType<Config>): z.ZodType<Config> {
  return LOGIN_RULES.reduce(
    (ruled, { option, problem, broken }) =>
      ruled.refine((given) => !broken(given), {
        path: [option],
        error: problem,
        when: ({ value }) => typeof value === "object" && value !== null,
      }),
    schema,
  );
}

export interface SystemConnectionOptions {
  readonly urls: readonly string[];
  readonly name: string;
  readonly ca: (() => string) | undefined;
}

/**
 * The connection to the system account; `undefined` without a login to it. Credentials in the URLs are for another
 * account.
 */
export function systemConnection(
  given: GivenSystemAccount,
  { urls, name, ca }: SystemConnectionOptions,
): ConnectionConfig | undefined {
  const { natsSysCreds: creds } = given;
  const login = loginOf(given);
  if (!creds && !login) return undefined;
  const config = resolveConnectionOptions({
    urls,
    name,
    ...(creds && { creds }),
    ...(login && { login }),
    ...(ca && { ca }),
  });
  return { ...config, user: undefined, password: undefined, token: undefined };
}

function loginOf({ natsSysUser: user, natsSysPassword: password }: GivenSystemAccount): (() => Login) | undefined {
  if (user === undefined || password === undefined) return undefined;
  return () => ({ user, password: password() });
}
