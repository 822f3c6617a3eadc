import { resolve as resolvePath } from "node:path";
import { FleetError, isFleetError, messageOf } from "@fleet/runtime";
import { fetchPackage } from "./distribution-package.ts";
import { brokerErrors } from "./errors.ts";
import { createFetchContext, type FetchContext, type FetchServerOptions } from "./fetch-context.ts";
import { fetchRelease, officialRelease, releasePlatform, type ServerRelease } from "./release-archive.ts";
import { findCachedServer, serversFolder } from "./server-cache.ts";
import { findPrograms, inspectServer, type ResolvedServer } from "./server-program.ts";

/** Where a server can be fetched from. */
export type ServerOrigin = "release" | "distribution";

export interface ResolveServerOptions extends FetchServerOptions {
  /** Path of the program to use, and no other: the value of `FLEET_NATS_SERVER`. Empty counts as not given. */
  readonly configuredPath?: string | undefined;
  /** Folders to look in, separated by colons: the value of `PATH`. */
  readonly searchPath?: string | undefined;
  /** Looked in after `searchPath`: where packages put it and where users' PATH often does not lead. @default /usr/local/sbin, /usr/sbin */
  readonly systemFolders?: readonly string[] | undefined;
  /** Where to fetch a server from if the machine has none, in this order; empty means only to look. @default release, distribution */
  readonly fetchFrom?: readonly ServerOrigin[] | undefined;
  /** The release to fetch. @default {@link officialRelease} */
  readonly release?: ServerRelease | undefined;
}

/**
 * Finds a usable nats-server, or fetches one into the cache: the configured one; on the PATH; in the cache; the official
 * release; the distribution's package. Never asks and never installs anything on the system.
 *
 * Rejects with `SERVER_UNUSABLE` (the configured one), `CHECKSUM_MISMATCH`, `SERVER_NOT_FOUND` with the reason of every
 * way, or the abort reason of `signal`.
 */
export async function resolveServer(options: ResolveServerOptions): Promise<ResolvedServer> {
  const context = createFetchContext(options);
  context.signal?.throwIfAborted();
  if (options.configuredPath) return useConfigured(context, options.configuredPath);

  const reasons: string[] = [];
  const causes: unknown[] = [];
  for (const way of waysOf(context, options)) {
    try {
      const note = (error: unknown) => reasons.push(`${way.name}: ${messageOf(error)}`);
      const server = await way.find(note);
      if (server !== undefined) return server;
    } catch (error) {
      context.signal?.throwIfAborted();
      if (isFleetError(error, "CHECKSUM_MISMATCH", "INVALID_OPTIONS")) throw error;
      if (way.fetches) context.report(`${way.name}: ${messageOf(error)}`);
      reasons.push(`${way.name}: ${messageOf(error)}`);
      causes.push(error);
    }
  }
  const list = reasons.map((reason) => `\n  - ${reason}`).join("");
  const advice = "Install nats-server 2.9 or newer, or set FLEET_NATS_SERVER to its path.";
  const message = `no nats-server was found or could be fetched:${list}\n${advice}`;
  throw brokerErrors.create("SERVER_NOT_FOUND", message, new AggregateError(causes, "every way failed"));
}

interface Way {
  readonly name: string;
  /** Whether it takes long and uses the network. */
  readonly fetches: boolean;
  /** The server; undefined after every reason why there is none went to `note`. */
  find(note: (reason: unknown) => void): Promise<ResolvedServer | undefined>;
}

function waysOf(context: FetchContext, options: ResolveServerOptions): Way[] {
  const { cacheDir, searchPath = "", release = officialRelease } = options;
  const { systemFolders = ["/usr/local/sbin", "/usr/sbin"], fetchFrom = ["release", "distribution"] } = options;
  const onPath: Way = {
    name: "PATH",
    fetches: false,
    find: (note) => findOnPath(context, [...searchPath.split(":"), ...systemFolders], note),
  };
  const inCache: Way = {
    name: "cache",
    fetches: false,
    async find(note) {
      const server = await findCachedServer(context, cacheDir, note);
      if (server === undefined) note(`nothing usable in ${serversFolder(cacheDir)}`);
      return server && { ...server, source: "cache" };
    },
  };
  const officialArchive: Way = {
    name: "official release",
    fetches: true,
    async find() {
      const platform = releasePlatform(process.platform, process.arch);
      return { ...(await fetchRelease(context, cacheDir, release, platform)), source: "release" };
    },
  };
  const packaged: Way = {
    name: "distribution's package",
    fetches: true,
    async find() {
      return { ...(await fetchPackage(context, cacheDir, undefined)), source: "distribution" };
    },
  };
  const fetching: Record<ServerOrigin, Way> = { release: officialArchive, distribution: packaged };
  return [onPath, inCache, ...fetchFrom.map((origin) => fetching[origin])];
}

async function useConfigured(context: FetchContext, configuredPath: string): Promise<ResolvedServer> {
  const path = resolvePath(configuredPath);
  try {
    return { path, version: await inspectServer(context, path), source: "configured" };
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    throw brokerErrors.create(
      "SERVER_UNUSABLE",
      `the nats-server configured (FLEET_NATS_SERVER): ${error.message}`,
      error,
    );
  }
}

async function findOnPath(
  context: FetchContext,
  folders: readonly string[],
  note: (reason: unknown) => void,
): Promise<ResolvedServer | undefined> {
  const paths = await findPrograms(folders);
  if (paths.length === 0) note("no nats-server in any of its folders, nor in the system's");
  for (const path of paths) {
    try {
      return { path, version: await inspectServer(context, path), source: "path" };
    } catch (error) {
      if (!isFleetError(error, "SERVER_UNUSABLE")) throw error;
      note(error);
      context.report(messageOf(error));
    }
  }
  return undefined;
}
