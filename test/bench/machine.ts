import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** Where figures come from. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  /** Versions by name: of this program, its client library, Node.js and the nats-server. */
  readonly software: Readonly<Record<string, string>>;
}

const ROOT = join(import.meta.dirname, "..", "..", "..");

export function describeMachine(natsServer: string): Machine {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e8) / 10,
    system: `${platform()} ${release()} ${arch()}`,
    software: {
      fleet: versionIn("packages/cli"),
      nats: versionIn("node_modules/nats"),
      "Node.js": process.version.slice(1),
      "nats-server": natsServer,
    },
  };
}

/** What pages are made of, and a measurement changes itself. */
const OWN_FILES = ["docs/benchmarks.json", "docs/benchmarks.md"];

/** The commit that is measured; `+` if something was changed since. */
export async function describeCommit(): Promise<string> {
  const git = (...args: string[]) => promisify(execFile)("git", ["-C", ROOT, ...args]);
  try {
    const { stdout } = await git("rev-parse", "--short", "HEAD");
    const changed = await git("status", "--porcelain", "--", ".", ...OWN_FILES.map((file) => `:!${file}`));
    return `${stdout.trim()}${changed.stdout === "" ? "" : "+"}`;
  } catch {
    return "unknown";
  }
}

export function renderMachine({ cpu, cores, memoryGb, system, software }: Machine): string {
  const versions = Object.entries(software).map(([name, version]) => `${name} ${version}`);
  return `${cores} cores (${cpu}), ${memoryGb} GB, ${system}; ${versions.join(", ")}`;
}

function versionIn(folder: string): string {
  return (JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8")) as { version: string }).version;
}
