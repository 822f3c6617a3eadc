import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Top folder of the repository, seen from the compiled file in `test/dist/architecture`. */
export const ROOT: string = fileURLToPath(new URL("../../../", import.meta.url));

/** What tools are told about one workspace. */
export interface Workspace {
  /** Its folder's name: `runtime`. */
  readonly name: string;
  readonly directory: string;
  readonly manifest: Manifest;
  /** Names of the workspaces its tsconfig.json refers to. */
  readonly references: readonly string[];
}

export interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** One TypeScript file of a package. */
export interface SourceFile {
  readonly packageName: string;
  /** From the top of the repository: `packages/runtime/src/clock.ts`. */
  readonly path: string;
  /** Without its comments. */
  readonly code: string;
  /** What it imports or exports from, as written. */
  readonly imports: readonly string[];
  readonly kind: "production" | "test" | "testing door";
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** All workspaces under `packages/`. */
export function readPackages(): Workspace[] {
  return readdirSync(join(ROOT, "packages"))
    .filter((name) => existsSync(join(ROOT, "packages", name, "package.json")))
    .map((name) => readWorkspace(`packages/${name}`));
}

export function readWorkspace(directory: string): Workspace {
  const tsconfig: { references?: Array<{ path: string }> } = JSON.parse(readText(`${directory}/tsconfig.json`));
  return {
    name: directory.replace(/^packages\//, ""),
    directory,
    manifest: JSON.parse(readText(`${directory}/package.json`)),
    references: (tsconfig.references ?? []).map(({ path }) => workspaceAt(join(directory, path))),
  };
}

/** `packages/bus` and `./packages/bus/` -> `bus`. */
export function workspaceAt(path: string): string {
  return join(path, ".").replace(/\/$/, "").split("/").at(-1) ?? "";
}

/** Every TypeScript file of the packages' `src` folders. */
export function readSources(packages: readonly Workspace[]): SourceFile[] {
  return packages.flatMap((workspace) =>
    readdirSync(join(ROOT, workspace.directory, "src"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => {
        const path = `${workspace.directory}/src/${file}`;
        const code = withoutComments(readText(path));
        return { packageName: workspace.name, path, code, imports: importsOf(code), kind: kindOf(file) };
      }),
  );
}

function kindOf(file: string): SourceFile["kind"] {
  if (file.endsWith(".test.ts")) return "test";
  return file.startsWith("testing/") ? "testing door" : "production";
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");
}

/** Specifiers of static imports, re-exports, imports for their effect, dynamic imports and what `createRequire` gives, called `load`. */
export function importsOf(code: string): string[] {
  const patterns = [
    /^\s*(?:import|export)\b[^;'"]*?\bfrom\s*["']([^"']+)["']/gm,
    /^\s*import\s*["']([^"']+)["']/gm,
    /\bimport\(\s*["'`]([^"'`]+)["'`]\s*\)/g,
    // A template is known as far as it is fixed.
    /\bload\(\s*["'`]([^"'`$]+)/g,
  ];
  return patterns.flatMap((pattern) => Array.from(code.matchAll(pattern), (match) => match[1] ?? ""));
}

/** The file that a relative import names. */
export function resolveRelative(from: SourceFile, specifier: string): string {
  return join(dirname(from.path), specifier);
}

/** `@fleet/bus/testing` -> `@fleet/bus` and `./testing`; `pino` -> `pino` and `.`. */
export function splitSpecifier(specifier: string): { dependency: string; door: string } {
  const parts = specifier.split("/");
  const length = specifier.startsWith("@") ? 2 : 1;
  const rest = parts.slice(length).join("/");
  return { dependency: parts.slice(0, length).join("/"), door: rest === "" ? "." : `./${rest}` };
}

/** The cells of a Markdown table's rows, without its head, under the heading `## <heading>` or in the whole text. */
export function tableRows(markdown: string, heading?: string): string[][] {
  const section =
    heading === undefined ? markdown : (markdown.split(/^## /m).find((part) => part.startsWith(heading)) ?? "");
  return section
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) =>
      line
        .trim()
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll("\\|", "|")),
    );
}

/** The names a cell writes as code: "`pino`, `ksuid`". */
export function codeIn(cell: string): string[] {
  return Array.from(cell.matchAll(/`([^`]+)`/g), (match) => match[1] ?? "");
}

/** The lines of a page. Tables are aligned when they are formatted: how wide their cells are says nothing. */
export function unaligned(page: string): string[] {
  return page
    .trimEnd()
    .split("\n")
    .map((line) =>
      line.startsWith("|")
        ? line
            .replace(/ +/g, " ")
            .replace(/-+/g, "-")
            .replace(/ ?\| ?/g, "|")
        : line,
    );
}
