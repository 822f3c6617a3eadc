import { access, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createThrottle, isFleetError, messageOf } from "@fleet/runtime";
import {
  APT_TARGETS_ARGS,
  type AptSource,
  chooseAptSources,
  parseAptTargets,
  parseOsRelease,
  renderSourcesList,
} from "./apt-sources.ts";
import { runCommand } from "./command.ts";
import { brokerErrors } from "./errors.ts";
import type { FetchContext } from "./fetch-context.ts";

import { type CachedServer, installServer, rememberVersion, withWorkFolder } from "./server-cache.ts";
import { isExecutableFile, SERVER_PROGRAM } from "./server-program.ts";

/** Silence after which apt gives up, in seconds as apt wants it; a dead mirror gets two such waits, one per file asked for. */
const APT_SILENCE_SECONDS = 5;

/** Local questions to apt, and unpacking. */
const LOCAL_TIMEOUT_MS = 60_000;

/** Ten megabytes over a slow line. */
const FETCH_TIMEOUT_MS = 300_000;

const PROGRESS_PERIOD_MS = 1_000;

/**
 * Fetches the distribution's `nats-server` package into the cache: of the machine's own suite, or of the one named.
 * Takes some 3 s on a good line.
 *
 * Rejects with `PACKAGE_UNAVAILABLE`, whatever the reason, or with the context's abort reason.
 */
export async function fetchPackage(
  context: FetchContext,
  cacheDir: string,
  suite: string | undefined,
): Promise<CachedServer> {
  return withWorkFolder(context, cacheDir, async (folder) => {
    const unpacked = await unpackPackage(context, folder, { name: SERVER_PROGRAM, suite });
    try {
      const server = await installServer(context, cacheDir, folder, await findProgram(unpacked));
      if (suite !== undefined) await rememberVersion(cacheDir, folder, suiteLinkName(suite), server.version);
      return server;
    } catch (error) {
      throw unavailable(context, SERVER_PROGRAM, suite, error);
    }
  });
}

/** A package of the machine's distribution, of its own suite if none is named. */
export interface DistributionPackage {
  readonly name: string;
  readonly suite: string | undefined;
}

/**
 * Downloads a package of the distribution into `folder`, unpacks it there and returns the folder with its files.
 * Nothing is installed and no rights are needed: apt works on lists, settings and state in that folder; from the
 * machine come the mirrors, proxies and keys.
 *
 * Rejects with `PACKAGE_UNAVAILABLE`, whatever the reason, or with the context's abort reason.
 */
export async function unpackPackage(
  context: FetchContext,
  folder: string,
  { name, suite }: DistributionPackage,
): Promise<string> {
  try {
    const { sources, keyring } = await readMachineSources(context, suite);
    const apt = await preparePrivateApt(folder, renderSourcesList(sources, keyring));
    await downloadPackage(context, apt, name, sources);
    return await unpackDownloaded(context, apt.folder);
  } catch (error) {
    throw unavailable(context, name, suite, error);
  }
}

function unavailable(context: FetchContext, name: string, suite: string | undefined, error: unknown): unknown {
  if (context.signal?.aborted) return context.signal.reason;
  if (isFleetError(error, "PACKAGE_UNAVAILABLE")) return error;
  const what = suite === undefined ? "" : `${name} of suite ${suite}: `;
  return brokerErrors.create("PACKAGE_UNAVAILABLE", `${what}${messageOf(error)}`, error);
}

/** Name in the cache of the link from a suite to the version fetched for it. */
export function suiteLinkName(suite: string): string {
  return `suite-${suite}`;
}

async function readMachineSources(
  context: FetchContext,
  suite: string | undefined,
): Promise<{ sources: AptSource[]; keyring: string | undefined }> {
  const output = await runCommand(context, "apt-get", APT_TARGETS_ARGS, { timeoutMs: LOCAL_TIMEOUT_MS });
  const distribution = parseOsRelease(await readFile("/etc/os-release", "utf8"));
  const sources = chooseAptSources(parseAptTargets(output), distribution, suite);
  if (sources.length === 0) {
    const system = `${distribution.id || "this system"} ${distribution.codename ?? ""}`.trim();
    throw brokerErrors.create("PACKAGE_UNAVAILABLE", `apt is configured with no mirror of ${system}`);
  }
  return { sources, keyring: await findKeyring(distribution.id) };
}

/** The distribution's own keys, where its sources name them; without the file apt uses those it trusts anyway. */
async function findKeyring(id: string): Promise<string | undefined> {
  for (const extension of ["gpg", "pgp"]) {
    const path = `/usr/share/keyrings/${id}-archive-keyring.${extension}`;
    const readable = await access(path).then(
      () => true,
      () => false,
    );
    if (readable) return path;
  }
  return undefined;
}

/** An apt that keeps everything to itself. */
interface PrivateApt {
  /** Holds its files, and is where packages are downloaded to. */
  readonly folder: string;
  /** Arguments in front of every command. */
  readonly args: readonly string[];
}

async function preparePrivateApt(folder: string, sourcesList: string): Promise<PrivateApt> {
  for (const name of ["lists/partial", "archives/partial", "state"]) {
    await mkdir(join(folder, name), { recursive: true });
  }
  const settings = join(folder, "apt.conf");
  await writeFile(join(folder, "sources.list"), sourcesList);
  await writeFile(join(folder, "status"), "");
  await writeFile(settings, renderAptSettings(folder));
  return { folder, args: ["-c", settings, "-q", "-o", "APT::Status-Fd=3"] };
}

function renderAptSettings(folder: string): string {
  const paths: readonly (readonly [string, string])[] = [
    ["Dir::State", join(folder, "state")],
    ["Dir::State::Lists", join(folder, "lists")],
    ["Dir::State::status", join(folder, "status")],
    ["Dir::Cache", folder],
    ["Dir::Cache::Archives", join(folder, "archives")],
    ["Dir::Etc::sourcelist", join(folder, "sources.list")],
    ["Dir::Etc::sourceparts", "/dev/null"],
    ["Dir::Etc::preferences", "/dev/null"],
    ["Dir::Etc::preferencesparts", "/dev/null"],
    ["Acquire::http::Timeout", String(APT_SILENCE_SECONDS)],
    ["Acquire::https::Timeout", String(APT_SILENCE_SECONDS)],
    ["Acquire::Retries", "0"],
    // Otherwise a mirror that does not answer is only a warning.
    ["APT::Update::Error-Mode", "any"],
    // As root apt would download as the user _apt, who cannot write here; the signatures are checked all the same.
    ["APT::Sandbox::User", "root"],
  ];
  // The machine's own hooks would work on the machine's own lists, and fail without root.
  const hooks = ["APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success"];
  return [...hooks.map((hook) => `#clear ${hook};`), ...paths.map(([key, value]) => `${key} "${value}";`), ""].join(
    "\n",
  );
}

async function downloadPackage(
  context: FetchContext,
  apt: PrivateApt,
  name: string,
  sources: readonly AptSource[],
): Promise<void> {
  const from = sources.map((source) => `${source.suite} at ${source.repository}`).join(", ");
  const run = (command: readonly string[], what: string) => {
    context.report(`${what} of ${from}`);
    const onStatus = createPercentReport(context, what);
    return runCommand(context, "apt-get", [...apt.args, ...command], {
      timeoutMs: FETCH_TIMEOUT_MS,
      cwd: apt.folder,
      onStatus,
    });
  };
  let updateError: unknown;
  try {
    await run(["update"], "fetching the package lists");
  } catch (error) {
    // One mirror of several may be down: the download finds out whether what came is enough.
    context.signal?.throwIfAborted();
    updateError = error;
  }
  try {
    await run(["download", name], `fetching the ${name} package`);
  } catch (error) {
    throw updateError ?? error;
  }
}

async function unpackDownloaded(context: FetchContext, folder: string): Promise<string> {
  const file = (await readdir(folder)).find((name) => name.endsWith(".deb"));
  if (file === undefined) throw brokerErrors.create("PACKAGE_UNAVAILABLE", "apt-get download left no package");
  const unpacked = join(folder, "unpacked");
  await runCommand(context, "dpkg-deb", ["-x", join(folder, file), unpacked], { timeoutMs: LOCAL_TIMEOUT_MS });
  return unpacked;
}

async function findProgram(unpacked: string): Promise<string> {
  for (const place of ["usr/sbin", "usr/bin"]) {
    const path = join(unpacked, place, SERVER_PROGRAM);
    if (await isExecutableFile(path)) return path;
  }
  throw brokerErrors.create("PACKAGE_UNAVAILABLE", `the package has no ${SERVER_PROGRAM}`);
}

/** Turns apt's status lines, `dlstatus:<item>:<percent>:<text>`, into a message a second. */
function createPercentReport(context: FetchContext, what: string): (line: string) => void {
  const throttle = createThrottle(context.clock, PROGRESS_PERIOD_MS);
  return (line) => {
    const [kind, , percent] = line.split(":");
    const rounded = Math.round(Number(percent));
    if (kind === "dlstatus" && rounded > 0) throttle.run(() => context.report(`${what}: ${rounded} %`));
  };
}
