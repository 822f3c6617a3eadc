import { isPeelId } from "./peel-id.ts";

/** One life of one peel. */
export interface PeelSession {
  readonly id: string;
  readonly session: string;
}

const SESSION = /^[0-9A-Za-z]{1,64}$/;

/** Name of a peel's connection as the server shows it, and tells it to the system account when the connection ends. */
export function peelConnectionName({ id, session }: PeelSession): string {
  return `peel:${id}:${session}`;
}

/** Whose connection has this name; `undefined` if it is not a peel's. */
export function parsePeelConnectionName(name: string): PeelSession | undefined {
  const [kind, id = "", session = "", ...rest] = name.split(":");
  if (kind !== "peel" || rest.length > 0 || !isPeelId(id) || !SESSION.test(session)) return undefined;
  return { id, session };
}
