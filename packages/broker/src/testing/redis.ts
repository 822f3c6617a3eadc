import { cp, mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { isFleetError } from "@fleet/runtime";
import { runCommand } from "../command.ts";
import { unpackPackage } from "../distribution-package.ts";
import { createFetchContext, type FetchContext } from "../fetch-context.ts";
import { withWorkFolder } from "../server-cache.ts";
import { isExecutableFile } from "../server-program.ts";
import { testCacheDir } from "./test-server.ts";

/** The distribution's `redis-server`, or why it cannot be had here. */
export type RedisProgram =
  | {
      readonly path: string;
      /** Folder of the libraries that it was packaged with: for `LD_LIBRARY_PATH`. */
      readonly libraries: string;
      readonly version: string;
      readonly skip: undefined;
    }
  | { readonly skip: string };

/** The server is a link into the second package; of what both need, those libraries that few machines have. */
const PACKAGES = ["redis-server", "redis-tools", "libjemalloc2", "liblzf1"];
const VERSION_TIMEOUT_MS = 10_000;

/**
 * Finds Redis in the cache, or fetches it into it: 2 MB, the first time only. Where it cannot be had there is a reason, to be
 * told in place of what would have been measured.
 */
export async function resolveRedis(): Promise<RedisProgram> {
  const cacheDir = testCacheDir();
  const folder = join(cacheDir, "redis");
  const program = { path: join(folder, "bin", "redis-server"), libraries: join(folder, "lib") };
  const context = createFetchContext({ cacheDir, onProgress: (message) => console.error(message) });
  try {
    if (!(await isExecutableFile(program.path))) {
      await withWorkFolder(context, cacheDir, async (work) => {
        // Another process may have been quicker; what it put there does as well.
        await rename(await fetchRedis(context, work), folder).catch(() => {});
      });
    }
    const environment = [`LD_LIBRARY_PATH=${program.libraries}`];
    const options = { timeoutMs: VERSION_TIMEOUT_MS };
    const printed = await runCommand(context, "env", [...environment, program.path, "--version"], options);
    return { ...program, version: /v=(\S+)/.exec(printed)?.[1] ?? "unknown", skip: undefined };
  } catch (error) {
    if (!isFleetError(error, "PACKAGE_UNAVAILABLE", "COMMAND_FAILED")) throw error;
    return { skip: error.message };
  }
}

/** Puts the packages' programs and libraries into one folder. */
async function fetchRedis(context: FetchContext, work: string): Promise<string> {
  const whole = join(work, "redis");
  for (const name of PACKAGES) {
    const folder = join(work, name);
    await mkdir(folder);
    const usr = join(await unpackPackage(context, folder, { name, suite: undefined }), "usr");
    for (const place of await readdir(usr)) {
      if (place === "bin") await cp(join(usr, place), join(whole, "bin"), { recursive: true, verbatimSymlinks: true });
      if (place === "lib") await copyLibraries(join(usr, place), join(whole, "lib"));
    }
  }
  return whole;
}

/** Libraries lie in a folder named after the architecture: `lib/x86_64-linux-gnu`. */
async function copyLibraries(from: string, to: string): Promise<void> {
  for (const { name } of (await readdir(from, { withFileTypes: true })).filter((entry) =>
    entry.name.includes("linux"),
  )) {
    await cp(join(from, name), to, { recursive: true, verbatimSymlinks: true });
  }
}
