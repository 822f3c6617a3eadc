import { showable } from "./columns.ts";
import { describeAgo } from "./describe-ago.ts";
import { documentHead, peelMember, seconds } from "./peel-document.ts";
import type { FoundPeel } from "./peel-reading.ts";
import { describeLabels } from "./peel-table.ts";
import { loadYaml } from "./yaml.ts";

/** All that is known of a peel, for people. */
export function renderPeelDetail({ peel, asOf, evidence, facts }: FoundPeel): string {
  const duration = (durationMs: number | undefined) =>
    durationMs === undefined ? undefined : `${seconds(durationMs)}s`;
  const since = peel.sinceMs === undefined ? undefined : new Date(asOf - peel.sinceMs).toISOString();
  const lines: readonly [string, string | undefined][] = [
    ["Peel", peel.id],
    ["State", peel.state ?? "not known"],
    ["Reason", peel.reason],
    ["Since", since && `${since} (${describeAgo(peel.sinceMs ?? 0)})`],
    ["Last seen", peel.lastSeenMs === undefined ? undefined : `${duration(peel.lastSeenMs)} ago`],
    ["Version", peel.version],
    ["Protocol", peel.protocol > 0 ? String(peel.protocol) : undefined],
    ["Session", peel.session],
    ["Other session", peel.rival],
    ["Beat", peel.seq === undefined ? undefined : `number ${peel.seq} of its session`],
    ["Interval", duration(peel.intervalMs)],
    ["Clock skew", duration(peel.clockSkewMs)],
    ["OS", [peel.os, peel.arch].filter(Boolean).join(" ")],
    ["Labels", describeLabels(peel.labels)],
  ];
  return [
    ...lines.filter(([, value]) => value).map(([name, value]) => `${`${name}:`.padEnd(15)}${showable(value ?? "")}`),
    ...section("Evidence", evidence),
    ...section("Facts", facts ? yamlOf(facts).split("\n") : []),
  ].join("\n");
}

function yamlOf(facts: object): string {
  return loadYaml().stringify(facts, { aliasDuplicateObjects: false }).trimEnd();
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? ["", `${title}:`, ...lines.map((line) => `  ${showable(line)}`)] : [];
}

/** All that is known of a peel, for programs. Members are only ever added within a `schema_version`. */
export function peelDetailDocument({ peel, evidence, facts, ...source }: FoundPeel): object {
  return {
    ...documentHead(source),
    peel: {
      ...peelMember(peel, source.asOf),
      protocol: peel.protocol,
      rival: peel.rival ?? null,
      seq: peel.seq ?? null,
      evidence,
      facts: facts ?? null,
    },
  };
}
