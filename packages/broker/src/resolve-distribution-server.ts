import { InvalidOptionsError } from "@fleet/runtime";
import { fetchPackage, suiteLinkName } from "./distribution-package.ts";
import { createFetchContext, type FetchServerOptions } from "./fetch-context.ts";
import { findRememberedServer } from "./server-cache.ts";
import type { ResolvedServer } from "./server-program.ts";

export interface ResolveDistributionServerOptions extends FetchServerOptions {
  /** A suite of the machine's distribution, by codename: `bookworm` has 2.9, `trixie` 2.10, `forky` 2.15. */
  readonly suite: string;
}

/**
 * The nats-server of a certain suite of the machine's distribution, to test against several versions. Fetched once; what
 * is in the cache is not looked up again, also when the suite has moved on.
 *
 * Rejects with `PACKAGE_UNAVAILABLE` if it cannot be had (a test should then be skipped visibly), or with the abort
 * reason of `signal`.
 */
export async function resolveDistributionServer(options: ResolveDistributionServerOptions): Promise<ResolvedServer> {
  const { suite, cacheDir } = options;
  if (!/^[a-z][a-z0-9-]*$/.test(suite)) {
    throw new InvalidOptionsError([{ option: "suite", message: `"${suite}" is not the name of a suite` }]);
  }
  const context = createFetchContext(options);
  const remembered = await findRememberedServer(context, cacheDir, suiteLinkName(suite));
  const server = remembered ?? (await fetchPackage(context, cacheDir, suite));
  return { ...server, source: remembered ? "cache" : "distribution" };
}
