import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createThrottle, InvalidOptionsError } from "@fleet/runtime";
import { runCommand } from "./command.ts";
import { downloadFile, isSafeHop } from "./download.ts";
import { brokerErrors } from "./errors.ts";
import type { FetchContext } from "./fetch-context.ts";
import { type CachedServer, installServer, withWorkFolder } from "./server-cache.ts";
import { SERVER_PROGRAM } from "./server-program.ts";

/** A published release of nats-server. */
export interface ServerRelease {
  readonly version: string;
  /** Folder of all releases: HTTPS, or plain HTTP on loopback. */
  readonly baseUrl: string;
  /** SHA-256 of the archive in hexadecimal, by the release's name of the platform: `linux-amd64`. */
  readonly checksums: Readonly<Record<string, string>>;
}

/** The release fetched when no server is found; its checksums are those of the project's SHA256SUMS file. */
export const officialRelease: ServerRelease = {
  version: "2.14.5",
  baseUrl: "https://github.com/nats-io/nats-server/releases/download",
  checksums: {
    "linux-amd64": "5e3b603d47c447bda1f77f9ac16dbf91c90aac4ff3681f8fbbc7201e4ed99355",
    "linux-arm64": "673a98d3faa79dde3f9ebf16d6dfac36a5f694e7ad2015e4954dd7939c85cd4c",
  },
};

/** Unpacking 20 MB takes under a second. */
const UNPACK_TIMEOUT_MS = 60_000;

const PROGRESS_PERIOD_MS = 1_000;

/**
 * Downloads a release, checks it against its pinned sum, and only then unpacks it into the cache.
 *
 * Rejects with `CHECKSUM_MISMATCH`, which must end the search: somebody answered in the place of the release host. With
 * `DOWNLOAD_FAILED`, `COMMAND_FAILED` or `SERVER_UNUSABLE` another way may be tried. Nothing is left behind in any case.
 */
export async function fetchRelease(
  context: FetchContext,
  cacheDir: string,
  release: ServerRelease,
  platform: string,
): Promise<CachedServer> {
  const base = checkedBaseUrl(release.baseUrl);
  const wanted = release.checksums[platform];
  if (wanted === undefined) {
    throw brokerErrors.create("DOWNLOAD_FAILED", `no checksum is known for release ${release.version} on ${platform}`);
  }
  const name = `${SERVER_PROGRAM}-v${release.version}-${platform}`;
  const url = new URL(`${base.href.replace(/\/$/, "")}/v${release.version}/${name}.tar.gz`);

  return withWorkFolder(context, cacheDir, async (folder) => {
    const archive = join(folder, "archive.tar.gz");
    context.report(`downloading ${url.href}`);
    const actual = await downloadFile(context, { url, file: archive, onBytes: createByteReport(context) });
    if (actual !== wanted) {
      await rm(archive, { force: true });
      const sums = `its SHA-256 is ${actual}, the published one is ${wanted}`;
      throw brokerErrors.create(
        "CHECKSUM_MISMATCH",
        `${url.href} is not the published archive: ${sums}; it was removed`,
      );
    }
    const unpacked = join(folder, "unpacked");
    await mkdir(unpacked);
    await runCommand(context, "tar", ["-xzf", archive, "-C", unpacked], { timeoutMs: UNPACK_TIMEOUT_MS });
    return installServer(context, cacheDir, folder, join(unpacked, name, SERVER_PROGRAM));
  });
}

/** The release's name of a platform; `linux-x64` is `linux-amd64` there. */
export function releasePlatform(platform: string, arch: string): string {
  return `${platform}-${arch === "x64" ? "amd64" : arch}`;
}

function checkedBaseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && isSafeHop(url, url)) return url;
  const message = `"${text}" is not an https URL (plain http is taken on loopback only)`;
  throw new InvalidOptionsError([{ option: "release.baseUrl", message }]);
}

function createByteReport(context: FetchContext): (receivedBytes: number, totalBytes: number | undefined) => void {
  const throttle = createThrottle(context.clock, PROGRESS_PERIOD_MS);
  return (receivedBytes, totalBytes) => {
    throttle.run(() => {
      const total = totalBytes === undefined ? "" : ` of ${megabytes(totalBytes)}`;
      context.report(`downloading nats-server: ${megabytes(receivedBytes)}${total} MB`);
    });
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}
