import { rename } from "node:fs/promises";
import { join } from "node:path";
import { isFleetError } from "@fleet/runtime";
import { unpackPackage } from "../distribution-package.ts";
import { createFetchContext } from "../fetch-context.ts";
import { withWorkFolder } from "../server-cache.ts";
import { isExecutableFile } from "../server-program.ts";
import { testCacheDir } from "./test-server.ts";

/** The programs of the distribution's `prometheus` package, or why they cannot be had here. */
export type PrometheusPrograms =
  | { readonly prometheus: string; readonly promtool: string; readonly skip: undefined }
  | { readonly skip: string };

/**
 * Finds Prometheus and its tool in the cache, or fetches them into it: 20 MB, the first time only. Where they cannot be
 * had there is a reason, to be handed to `describe` as `skip`, so that the gap is seen.
 */
export async function resolvePrometheus(): Promise<PrometheusPrograms> {
  const cacheDir = testCacheDir();
  const folder = join(cacheDir, "prometheus");
  const programs = { prometheus: join(folder, "prometheus"), promtool: join(folder, "promtool"), skip: undefined };
  const found = async () =>
    (await isExecutableFile(programs.prometheus)) && (await isExecutableFile(programs.promtool));
  if (await found()) return programs;
  const context = createFetchContext({ cacheDir, onProgress: (message) => console.error(message) });
  try {
    return await withWorkFolder(context, cacheDir, async (work) => {
      const unpacked = await unpackPackage(context, work, { name: "prometheus", suite: undefined });
      // Another process may have been quicker; what it put there does as well.
      await rename(join(unpacked, "usr", "bin"), folder).catch(() => {});
      return (await found()) ? programs : { skip: `${folder} has not got the programs of the prometheus package` };
    });
  } catch (error) {
    if (!isFleetError(error, "PACKAGE_UNAVAILABLE")) throw error;
    return { skip: error.message };
  }
}
