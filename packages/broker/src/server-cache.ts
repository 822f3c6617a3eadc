import { chmod, mkdir, mkdtemp, readdir, readlink, rename, rm, stat, symlink } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { isFleetError, messageOf } from "@fleet/runtime";
import { brokerErrors } from "./errors.ts";
import type { FetchContext } from "./fetch-context.ts";
import { inspectServer, SERVER_PROGRAM } from "./server-program.ts";
import { compareServerVersions, isServerVersion } from "./server-version.ts";

const WORK_PREFIX = ".work-";

/** A work folder this old was left behind by a process that was killed: no fetch takes that long. */
const STALE_WORK_MS = 3_600_000;

/** A server program in the cache. */
export interface CachedServer {
  readonly path: string;
  readonly version: string;
}

/** The user's cache folder for fleet: `$XDG_CACHE_HOME/fleet` if that is an absolute path, else `~/.cache/fleet`. */
export function defaultCacheDir(user: { readonly xdgCacheHome?: string | undefined; readonly home: string }): string {
  const { xdgCacheHome, home } = user;
  const root = xdgCacheHome !== undefined && isAbsolute(xdgCacheHome) ? xdgCacheHome : join(home, ".cache");
  return join(root, "fleet");
}

/** Folder with one folder per version: `<cacheDir>/nats-server/<version>/nats-server`. */
export function serversFolder(cacheDir: string): string {
  return join(cacheDir, SERVER_PROGRAM);
}

/** The newest server in the cache that runs; broken ones are passed over and told to `onBroken`. */
export async function findCachedServer(
  context: FetchContext,
  cacheDir: string,
  onBroken: (error: unknown) => void,
): Promise<CachedServer | undefined> {
  const names = await readdir(serversFolder(cacheDir)).catch(() => []);
  const versions = names.filter(isServerVersion).sort((left, right) => compareServerVersions(right, left));
  for (const name of versions) {
    const path = join(serversFolder(cacheDir), name, SERVER_PROGRAM);
    try {
      return { path, version: await inspectServer(context, path) };
    } catch (error) {
      if (!isFleetError(error, "SERVER_UNUSABLE")) throw error;
      onBroken(error);
    }
  }
  return undefined;
}

/**
 * Calls `work` with a new private folder inside the cache, on the same file system as the servers, and removes the
 * folder afterwards. Folders left behind by killed processes are removed on the way.
 */
export async function withWorkFolder<T>(
  context: FetchContext,
  cacheDir: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const root = serversFolder(cacheDir);
  await mkdir(root, { recursive: true });
  await removeStaleWork(root, context.clock.wallMs());
  const folder = await mkdtemp(join(root, WORK_PREFIX));
  try {
    return await work(folder);
  } finally {
    // The retries are for a program that was killed a moment ago and is still writing.
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

/**
 * Moves the program at `binary`, inside the work folder, into the cache and returns where it is. The cache only ever
 * shows whole, checked servers: when two processes do this at once the second finds and uses what the first put there.
 * One that does not run any more is replaced.
 */
export async function installServer(
  context: FetchContext,
  cacheDir: string,
  workFolder: string,
  binary: string,
): Promise<CachedServer> {
  await chmod(binary, 0o755);
  const version = await inspectServer(context, binary);
  const staged = join(workFolder, "staged");
  await mkdir(staged);
  await rename(binary, join(staged, SERVER_PROGRAM));
  const target = join(serversFolder(cacheDir), version);
  const path = join(target, SERVER_PROGRAM);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      await rename(staged, target);
      return { path, version };
    } catch (error) {
      if (!isErrno(error, "ENOTEMPTY", "EEXIST", "ENOTDIR")) throw error;
    }
    try {
      if ((await inspectServer(context, path)) === version) return { path, version };
    } catch (error) {
      if (!isFleetError(error, "SERVER_UNUSABLE")) throw error;
    }
    await rename(target, join(workFolder, `broken-${attempt}`)).catch((error: unknown) => {
      if (!isErrno(error, "ENOENT")) throw error;
    });
  }
  throw brokerErrors.create("SERVER_UNUSABLE", `${target} is broken and cannot be replaced`);
}

/** Remembers under a name, such as a suite's, which version was fetched for it. */
export async function rememberVersion(
  cacheDir: string,
  workFolder: string,
  name: string,
  version: string,
): Promise<void> {
  const link = join(workFolder, name);
  await symlink(version, link);
  await rename(link, join(serversFolder(cacheDir), name));
}

/** The server remembered under `name`, if it is still there and runs. */
export async function findRememberedServer(
  context: FetchContext,
  cacheDir: string,
  name: string,
): Promise<CachedServer | undefined> {
  const version = await readlink(join(serversFolder(cacheDir), name)).catch(() => "");
  if (!isServerVersion(version)) return undefined;
  const path = join(serversFolder(cacheDir), version, SERVER_PROGRAM);
  try {
    return { path, version: await inspectServer(context, path) };
  } catch (error) {
    if (!isFleetError(error, "SERVER_UNUSABLE")) throw error;
    context.report(`${messageOf(error)}; fetching it again`);
    return undefined;
  }
}

async function removeStaleWork(root: string, nowMs: number): Promise<void> {
  for (const name of await readdir(root)) {
    if (!name.startsWith(WORK_PREFIX)) continue;
    const folder = join(root, name);
    // File times are wall time, so this has to be too; the worst a clock jump can do is to make a fetch fail.
    const changedAt = await stat(folder).then(
      (entry) => entry.mtimeMs,
      () => Number.POSITIVE_INFINITY,
    );
    if (nowMs - changedAt > STALE_WORK_MS) await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? "");
}
