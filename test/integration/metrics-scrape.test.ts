// What a running peel and master serve to Prometheus, held against docs/metrics.md and Prometheus itself.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RunningServer } from "@fleet/broker";
import { resolvePrometheus, startTestServer } from "@fleet/broker/testing";
import { eventually } from "@fleet/runtime/testing";
import { documentedMetricsOf, type Program } from "../architecture/metrics-page.ts";
import { assertCheck, type FleetMember, PATIENT, startMaster, startPeel } from "./fleet-members.ts";
import { checkMetrics, startPrometheus } from "./prometheus-server.ts";

const OPEN_METRICS = "application/openmetrics-text; version=1.0.0";
const TOKEN = "t0ken-of-the-master";

const prometheus = await resolvePrometheus();

let server: RunningServer;
let members: Record<Program, FleetMember>;

before(async () => {
  server = await startTestServer();
  members = {
    master: await startMaster(server.url, { metricsBearer: () => TOKEN }),
    peel: await startPeel(server.url, "web-1"),
  };
  await assertCheck(members.master, "publisher-lease", "ok");
  await eventually(async () => assert.match(await scrape("master"), /^fleet_connected_peels 1$/m), PATIENT);
});

after(async () => {
  await members?.peel.stop();
  await members?.master.stop();
  await server?.stop();
});

async function scrape(program: Program, accept = "text/plain"): Promise<string> {
  const headers = { accept, authorization: `Bearer ${TOKEN}` };
  const response = await fetch(`${members[program].url}/metrics`, { headers });
  assert.equal(response.status, 200);
  return response.text();
}

/** What an exposition says of each metric. */
interface ServedMetric {
  readonly name: string;
  type: string;
  readonly help: string;
  readonly samples: Set<string>;
  readonly labels: Set<string>;
}

function readExposition(body: string): ServedMetric[] {
  const metrics: ServedMetric[] = [];
  for (const line of body.split("\n")) {
    const [, keyword, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    const last = metrics.at(-1);
    if (keyword === "HELP") metrics.push({ name, type: "", help: rest, samples: new Set(), labels: new Set() });
    else if (keyword === "TYPE" && last) last.type = rest;
    else if (line !== "" && !line.startsWith("#") && last) {
      last.samples.add(line.replace(/[{ ].*/, ""));
      for (const [, label = ""] of line.matchAll(/[{,](\w+)="/g)) if (label !== "le") last.labels.add(label);
    }
  }
  return metrics;
}

/** The names of all metrics, as OpenMetrics calls them, and those of the samples of counters. */
function namesIn(body: string): string[] {
  const metrics = readExposition(body);
  const counters = metrics.filter(({ type }) => type === "counter");
  return [
    ...metrics.map(({ name, type }) => (type === "counter" ? name.replace(/_total$/, "") : name)),
    ...counters.flatMap(({ samples }) => [...samples]),
  ];
}

for (const program of ["peel", "master"] as const) {
  describe(`the metrics of a running ${program}`, () => {
    it("are those of the documentation, with its types, labels and texts", async () => {
      const served = readExposition(await scrape(program));
      const documented = documentedMetricsOf(program);
      assert.deepEqual(served.map(({ name }) => name).sort(), documented.map(({ name }) => name).sort());
      for (const { name, type, help, labels } of served) {
        const row = documented.find((metric) => metric.name === name);
        assert.deepEqual([type, help], [row?.type, row?.help], name);
        for (const label of labels) assert.ok(row?.labels.includes(label), `${name}{${label}}`);
      }
    });

    it("have the same names as text, as OpenMetrics, as text again and as both at once", async () => {
      const names = namesIn(await scrape(program));
      assert.ok(names.includes("fleet_nats_reconnects_total"));
      assert.deepEqual(namesIn(await scrape(program, OPEN_METRICS)), names);
      assert.deepEqual(namesIn(await scrape(program)), names);
      const atOnce = await Promise.all([scrape(program, OPEN_METRICS), scrape(program), scrape(program, OPEN_METRICS)]);
      for (const body of atOnce) assert.deepEqual(namesIn(body), names);
      assert.match(atOnce[0], /\n# EOF\n$/);
    });

    it("pass promtool check metrics", { skip: prometheus.skip ?? false }, async () => {
      assert.ok(prometheus.skip === undefined);
      assert.equal(await checkMetrics(prometheus.promtool, await scrape(program)), "");
    });
  });
}

describe("a Prometheus server", { skip: prometheus.skip ?? false }, () => {
  it("scrapes a peel and a master, the latter with its token and not with another", { timeout: 60_000 }, async () => {
    assert.ok(prometheus.skip === undefined);
    const { peel, master } = members;
    await using scraper = await startPrometheus(prometheus.prometheus, [
      { job: "peel", url: peel.url },
      { job: "master", url: master.url, bearer: TOKEN },
      { job: "thief", url: master.url, bearer: "guessed" },
    ]);
    await eventually(async () => {
      const up = await scraper.query("up");
      const states = Object.fromEntries(up.map(({ labels, value }) => [labels["job"], value]));
      assert.deepEqual(states, { peel: 1, master: 1, thief: 0 });
      assert.equal(await scraper.lastError("peel"), "");
      assert.equal(await scraper.lastError("master"), "");
    }, PATIENT);
    assert.match((await scraper.lastError("thief")) ?? "", /401/);
    const series: [string, number][] = [
      ["fleet_connected_peels", 1],
      ["fleet_peel_connected", 1],
      ['fleet_lease_held{lease="publisher"}', 1],
      ["count(fleet_build_info)", 2],
      ["count(fleet_peel_heartbeats_total)", 2],
    ];
    for (const [expression, value] of series) {
      const result = await scraper.query(expression);
      assert.deepEqual(
        result.map((sample) => sample.value),
        [value],
        expression,
      );
    }
  });
});
