/** One index that the machine's apt is configured to use. */
export interface AptTarget {
  /** Root of the repository: `http://deb.debian.org/debian/`. */
  readonly repository: string;
  /** As written in the sources: `bookworm`, `stable`. */
  readonly suite: string;
  readonly component: string;
  readonly architecture: string;
}

/** What the machine says it is, from `/etc/os-release`. */
export interface Distribution {
  /** `debian`, `ubuntu`. */
  readonly id: string;
  /** `bookworm`; undefined on Debian unstable. */
  readonly codename: string | undefined;
}

/** A repository to fetch from. */
export interface AptSource {
  readonly repository: string;
  readonly suite: string;
  readonly components: readonly string[];
  readonly architecture: string;
}

/**
 * Arguments of `apt-get indextargets` that print lines for {@link parseAptTargets}. Without `ReleaseInfo=false` only
 * indexes already fetched are shown, and a machine on which `apt-get update` never ran would seem to have none.
 */
export const APT_TARGETS_ARGS: readonly string[] = [
  ...["-o", "APT::Get::IndexTargets::ReleaseInfo=false"],
  ...["indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ARCHITECTURE)", "Created-By: Packages"],
];

/** Components that hold nats-server: Debian's and Ubuntu's names for free software. */
const COMPONENTS: ReadonlySet<string> = new Set(["main", "universe"]);

/** Names that sources may use in place of a codename. */
const SUITE_ALIASES: ReadonlySet<string> = new Set(["stable", "testing", "unstable", "sid", "oldstable"]);

/** Reads what {@link APT_TARGETS_ARGS} prints; lines of another form, such as flat repositories, are left out. */
export function parseAptTargets(output: string): AptTarget[] {
  const targets: AptTarget[] = [];
  for (const line of output.split("\n")) {
    const [repository, suite, component, architecture, ...rest] = line.trim().split(" ");
    if (!repository || !suite || !component || !architecture || rest.length > 0) continue;
    if (repository.startsWith("cdrom:") || architecture === "all" || line.includes("$(")) continue;
    targets.push({ repository, suite, component, architecture });
  }
  return targets;
}

/** Reads an `os-release` file. */
export function parseOsRelease(text: string): Distribution {
  const value = (key: string) => new RegExp(`^${key}=["']?([^"'\\n]*)`, "m").exec(text)?.[1];
  return { id: value("ID") ?? "", codename: value("VERSION_CODENAME") || undefined };
}

/**
 * Where the distribution's own packages come from on this machine, or with `suite`, where another suite of the same
 * distribution would. Several mirrors of one suite are all kept; repositories of third parties are told apart as well as
 * their names allow, and refused for good by the distribution's signature.
 */
export function chooseAptSources(
  targets: readonly AptTarget[],
  distribution: Distribution,
  suite: string | undefined,
): AptSource[] {
  const usable = targets.filter((target) => COMPONENTS.has(target.component));
  const named = usable.filter((target) => target.suite === distribution.codename);
  const own = named.length > 0 ? named : usable.filter((target) => SUITE_ALIASES.has(target.suite));
  const sources = new Map<string, AptSource>();
  for (const target of own) {
    const wanted = suite ?? target.suite;
    const key = `${target.repository} ${wanted}`;
    const known = sources.get(key);
    const components = new Set([...(known?.components ?? []), target.component]);
    // apt lists the machine's own architecture first and foreign ones after it.
    const architecture = known?.architecture ?? target.architecture;
    sources.set(key, { repository: target.repository, suite: wanted, components: [...components], architecture });
  }
  return [...sources.values()];
}

/** The text of a `sources.list`; only package lists are fetched, no translations, patches or contents. */
export function renderSourcesList(sources: readonly AptSource[], keyring: string | undefined): string {
  const lines = sources.map(({ repository, suite, components, architecture }) => {
    const signedBy = keyring === undefined ? [] : [`signed-by=${keyring}`];
    const options = [`arch=${architecture}`, "target=Packages", "lang=none", "pdiffs=no", ...signedBy];
    return `deb [${options.join(" ")}] ${repository} ${suite} ${components.join(" ")}\n`;
  });
  return lines.join("");
}
