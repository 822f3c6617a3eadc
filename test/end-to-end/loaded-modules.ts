import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Makes Node.js write down which scripts a process has loaded, when that process ends: its coverage names them all. */
export function recordLoadedModules(directory: string): Readonly<Record<string, string>> {
  return { NODE_V8_COVERAGE: directory };
}

/** What a process that has ended had loaded. */
export interface LoadedModules {
  /** Packages from the registry: `pino`, `@msgpack/msgpack`. */
  readonly packages: ReadonlySet<string>;
  /** Files of our own, from `packages/` on: `cli/dist/main.js`. */
  readonly own: ReadonlySet<string>;
}

/** Reads what a process has loaded of all that it could. */
export async function readLoadedModules(directory: string): Promise<LoadedModules> {
  const packages = new Set<string>();
  const own = new Set<string>();
  for (const file of await readdir(directory)) {
    const { result } = JSON.parse(await readFile(join(directory, file), "utf8")) as { result: { url: string }[] };
    for (const { url } of result.filter((script) => script.url.startsWith("file:"))) {
      const path = fileURLToPath(url);
      const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
      if (name !== undefined) packages.add(name);
      else own.add(path.replace(/^.*\/packages\//, ""));
    }
  }
  return { packages, own };
}
