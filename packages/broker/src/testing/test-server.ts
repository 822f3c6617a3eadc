import { homedir } from "node:os";
import { isFleetError } from "@fleet/runtime";
import { type RunningCluster, type StartClusterOptions, startCluster } from "../cluster.ts";
import { type Guardian, startGuardian } from "../guardian.ts";
import { resolveDistributionServer } from "../resolve-distribution-server.ts";
import { resolveServer } from "../resolve-server.ts";
import { type RunningServer, type StartServerOptions, startServer } from "../server.ts";
import { defaultCacheDir } from "../server-cache.ts";
import type { ResolvedServer } from "../server-program.ts";

/** Settings of a test's server; its program is found when `path` is not given. */
export interface TestServerOptions extends Omit<StartServerOptions, "guardian" | "path"> {
  readonly path?: string | undefined;
}

/** The same for a cluster. */
export interface TestClusterOptions extends Omit<StartClusterOptions, "guardian" | "path"> {
  readonly path?: string | undefined;
}

/** The cache that `fleet` itself uses for this user. */
export function testCacheDir(): string {
  return defaultCacheDir({ xdgCacheHome: process.env["XDG_CACHE_HOME"], home: homedir() });
}

let resolved: Promise<ResolvedServer> | undefined;

/** The server that `fleet dev` would use here, looked for once in a process. */
export function resolveTestServer(): Promise<ResolvedServer> {
  resolved ??= resolveServer({
    configuredPath: process.env["FLEET_NATS_SERVER"],
    searchPath: process.env["PATH"],
    cacheDir: testCacheDir(),
    onProgress: printProgress,
  });
  return resolved;
}

/** A server version to test against, or why it cannot be had here. */
export type TestServerVersion =
  | { readonly label: string; readonly path: string; readonly version: string; readonly skip: undefined }
  | { readonly label: string; readonly path: undefined; readonly version: undefined; readonly skip: string };

/** Debian's suites with the oldest supported server, one in between, and the newest. */
const VERSION_SUITES = ["bookworm", "trixie", "forky"] as const;

/**
 * The server versions to test against: those of the suites named. One that cannot be had has `skip` with the reason, to be
 * handed to `describe` so that the gap is seen.
 */
export async function resolveTestServerVersions(
  suites: readonly string[] = VERSION_SUITES,
): Promise<TestServerVersion[]> {
  const versions: TestServerVersion[] = [];
  for (const suite of suites) {
    try {
      const options = { suite, cacheDir: testCacheDir(), onProgress: printProgress };
      const { path, version } = await resolveDistributionServer(options);
      versions.push({ label: `nats-server ${version}`, path, version, skip: undefined });
    } catch (error) {
      if (!isFleetError(error, "PACKAGE_UNAVAILABLE")) throw error;
      versions.push({ label: `nats-server of ${suite}`, path: undefined, version: undefined, skip: error.message });
    }
  }
  return versions;
}

/** A server for one test: `await using server = await startTestServer()`. It does not outlive the test's process. */
export async function startTestServer(overrides: TestServerOptions = {}): Promise<RunningServer> {
  const path = overrides.path ?? (await resolveTestServer()).path;
  return startServer({ ...overrides, path, guardian: await sharedGuardian() });
}

/** The same for a cluster of three. */
export async function startTestCluster(overrides: TestClusterOptions = {}): Promise<RunningCluster> {
  const path = overrides.path ?? (await resolveTestServer()).path;
  return startCluster({ ...overrides, path, guardian: await sharedGuardian() });
}

let guardian: Promise<Guardian> | undefined;

/** One for the whole process, never closed: when the process ends it removes what tests forgot to stop. */
function sharedGuardian(): Promise<Guardian> {
  guardian ??= startGuardian();
  return guardian;
}

function printProgress(message: string): void {
  console.error(message);
}
