import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { messageOf } from "@fleet/runtime";
import { runCommand } from "./command.ts";
import { brokerErrors } from "./errors.ts";
import type { FetchContext } from "./fetch-context.ts";
import { compareServerVersions, OLDEST_SERVER_VERSION, parseServerVersion } from "./server-version.ts";

/** Name of the program, everywhere. */
export const SERVER_PROGRAM = "nats-server";

/** Where a {@link ResolvedServer} came from. */
export type ServerSource = "configured" | "path" | "cache" | "release" | "distribution";

/** A `nats-server` program that has been seen to run. */
export interface ResolvedServer {
  /** Absolute path of the program. */
  readonly path: string;
  /** As the program says itself, without the `v`: `2.14.5`. */
  readonly version: string;
  readonly source: ServerSource;
}

/** Asking for its version takes a server some 10 ms; a cold disk or a busy machine may need seconds. */
const VERSION_TIMEOUT_MS = 10_000;

/**
 * Runs `path --version` and returns the version. Rejects with `SERVER_UNUSABLE` if it cannot be run, is not a
 * nats-server, or is older than {@link OLDEST_SERVER_VERSION}.
 */
export async function inspectServer(context: FetchContext, path: string): Promise<string> {
  let output: string;
  try {
    output = await runCommand(context, path, ["--version"], { timeoutMs: VERSION_TIMEOUT_MS });
  } catch (error) {
    context.signal?.throwIfAborted();
    throw brokerErrors.create("SERVER_UNUSABLE", `${path} cannot be run: ${messageOf(error)}`, error);
  }
  const version = parseServerVersion(output);
  if (version === undefined) {
    throw brokerErrors.create("SERVER_UNUSABLE", `${path} is not a nats-server: --version printed "${output.trim()}"`);
  }
  if (compareServerVersions(version, OLDEST_SERVER_VERSION) < 0) {
    const needed = `${OLDEST_SERVER_VERSION} or newer is needed`;
    throw brokerErrors.create("SERVER_UNUSABLE", `${path} is version ${version}; ${needed}`);
  }
  return version;
}

/** All executable files of that name in the given folders, in their order; folders that are not absolute are left out. */
export async function findPrograms(folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of new Set(folders.filter((entry) => isAbsolute(entry)))) {
    const path = join(folder, SERVER_PROGRAM);
    if (await isExecutableFile(path)) found.push(path);
  }
  return found;
}

/** Whether `path` is a file that this user may execute. */
export async function isExecutableFile(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
