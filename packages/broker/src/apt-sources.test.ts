import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type AptTarget, chooseAptSources, parseAptTargets, parseOsRelease, renderSourcesList } from "./apt-sources.ts";

const mirror = "http://mirror.example/debian/";

function target(overrides: Partial<AptTarget> = {}): AptTarget {
  return { repository: mirror, suite: "bookworm", component: "main", architecture: "amd64", ...overrides };
}

const bookworm = { id: "debian", codename: "bookworm" };

describe("apt targets", () => {
  it("are read from apt-get's lines, without those of no architecture, of discs and of flat repositories", () => {
    const output = [
      `${mirror} bookworm main amd64`,
      `${mirror} bookworm main all`,
      "cdrom:[Debian_12]/ bookworm main amd64",
      "http://flat.example/ ./ $(COMPONENT) amd64",
      "",
    ];
    assert.deepEqual(parseAptTargets(output.join("\n")), [target()]);
  });
});

describe("distribution", () => {
  it("is read from os-release, quoted or not", () => {
    assert.deepEqual(parseOsRelease('VERSION_ID="12"\nVERSION_CODENAME=bookworm\nID=debian\n'), bookworm);
    assert.deepEqual(parseOsRelease(`ID="ubuntu"\nVERSION_CODENAME='noble'\n`), { id: "ubuntu", codename: "noble" });
    assert.deepEqual(parseOsRelease("ID=debian\n"), { id: "debian", codename: undefined });
  });
});

describe("apt sources", () => {
  it("are the machine's own suite, all its free components in one", () => {
    const targets = [
      target(),
      target({ suite: "bookworm-security", repository: "http://mirror.example/debian-security/" }),
      target({ component: "non-free" }),
      target({ component: "universe" }),
      target({ repository: "https://third.example/", suite: "stable" }),
    ];
    const sources = chooseAptSources(targets, bookworm, undefined);
    assert.deepEqual(sources, [
      { repository: mirror, suite: "bookworm", components: ["main", "universe"], architecture: "amd64" },
    ]);
  });

  it("keep every mirror of the suite", () => {
    const second = "http://second.example/debian/";
    const sources = chooseAptSources([target(), target({ repository: second })], bookworm, undefined);
    assert.deepEqual(
      sources.map((source) => source.repository),
      [mirror, second],
    );
  });

  it("use the machine's own architecture and leave out foreign ones", () => {
    const sources = chooseAptSources([target(), target({ architecture: "i386" })], bookworm, undefined);
    assert.equal(sources[0]?.architecture, "amd64");
  });

  it("name another suite on the machine's mirror when asked to", () => {
    const [source] = chooseAptSources([target()], bookworm, "trixie");
    assert.equal(source?.repository, mirror);
    assert.equal(source?.suite, "trixie");
  });

  it("fall back on an alias when the codename is not in the sources", () => {
    const unstable = { id: "debian", codename: undefined };
    assert.equal(chooseAptSources([target({ suite: "sid" })], unstable, undefined)[0]?.suite, "sid");
    assert.equal(chooseAptSources([target({ suite: "stable" })], bookworm, undefined)[0]?.suite, "stable");
  });

  it("are none when apt knows only other repositories", () => {
    assert.deepEqual(chooseAptSources([target({ suite: "nodistro" })], bookworm, undefined), []);
  });

  it("are written so that only package lists are fetched, checked with the distribution's keys", () => {
    const sources = chooseAptSources([target()], bookworm, undefined);
    assert.equal(
      renderSourcesList(sources, "/usr/share/keyrings/debian-archive-keyring.gpg"),
      "deb [arch=amd64 target=Packages lang=none pdiffs=no signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] " +
        `${mirror} bookworm main\n`,
    );
    assert.doesNotMatch(renderSourcesList(sources, undefined), /signed-by|trusted/);
  });
});
