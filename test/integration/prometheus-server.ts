import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { findFreePort, startGuardian } from "@fleet/broker";

/** One thing to scrape. */
export interface ScrapeTarget {
  readonly job: string;
  /** `http://127.0.0.1:40123` */
  readonly url: string;
  readonly bearer?: string;
}

/** A Prometheus server that scrapes every second. */
export interface PrometheusServer extends AsyncDisposable {
  /** The result of an instant query: labels and value of each series. */
  query(expression: string): Promise<{ labels: Readonly<Record<string, string>>; value: number }[]>;
  /** What it says of its last scrape of a job: "" when all was well. */
  lastError(job: string): Promise<string | undefined>;
}

/** Starts the server; it ends with this process at the latest. */
export async function startPrometheus(program: string, targets: readonly ScrapeTarget[]): Promise<PrometheusServer> {
  const folder = await mkdtemp(join(tmpdir(), "fleet-prometheus-"));
  const port = await findFreePort();
  const configuration = {
    global: { scrape_interval: "1s", scrape_timeout: "1s" },
    scrape_configs: targets.map(({ job, url, bearer }) => ({
      job_name: job,
      static_configs: [{ targets: [new URL(url).host] }],
      ...(bearer !== undefined && { authorization: { credentials: bearer } }),
    })),
  };
  // What is JSON is YAML.
  await writeFile(join(folder, "prometheus.yml"), JSON.stringify(configuration));
  const args = [
    `--config.file=${join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = spawn(program, args, { stdio: "ignore" });
  const exited = once(child, "exit");
  const guardian = await startGuardian();
  if (child.pid !== undefined) guardian.guard(child.pid);

  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    return ((await response.json()) as { data: unknown }).data;
  };
  return {
    async query(expression) {
      const data = (await ask(`query?query=${encodeURIComponent(expression)}`)) as {
        result: { metric: Record<string, string>; value: [number, string] }[];
      };
      return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
    async lastError(job) {
      const data = (await ask("targets")) as { activeTargets: { scrapePool: string; lastError: string }[] };
      return data.activeTargets.find(({ scrapePool }) => scrapePool === job)?.lastError;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
      if (child.pid !== undefined) guardian.release(child.pid);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs `promtool check metrics` on an exposition and resolves with its complaints: "" when there are none. */
export async function checkMetrics(promtool: string, exposition: string): Promise<string> {
  const child = spawn(promtool, ["check", "metrics"], { stdio: ["pipe", "pipe", "pipe"] });
  const printed = Promise.all([text(child.stdout), text(child.stderr)]);
  child.stdin.end(exposition);
  const [code] = await once(child, "close");
  const complaints = (await printed).join("");
  return code === 0 ? complaints : `exit code ${code}: ${complaints}`;
}
