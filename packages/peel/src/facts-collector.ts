import { arch, availableParallelism, cpus, hostname, platform, release, totalmem } from "node:os";
import { encodeCanonicalMap, type Facts, PROTOCOL_VERSION } from "@fleet/wire";

/** What a peel knows of itself. */
export interface FactsSource {
  readonly version: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Node's names of architectures where they are not those most tools print. */
const ARCH_NAMES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };

/** Looks at the machine now. Sizes are in bytes. */
export function collectFacts(source: FactsSource): Facts {
  return {
    os: { name: platform(), version: release(), arch: ARCH_NAMES[arch()] ?? arch() },
    network: { hostname: hostname() },
    cpu: { count: availableParallelism(), model: cpus()[0]?.model ?? "unknown" },
    memory: { total_bytes: totalmem() },
    peel: { version: source.version, protocol: PROTOCOL_VERSION },
    labels: source.labels,
  };
}

/** Equal for equal facts, whatever the order of their keys. */
export function factsDigest(facts: Facts): string {
  return Buffer.from(encodeCanonicalMap(facts)).toString("base64");
}
