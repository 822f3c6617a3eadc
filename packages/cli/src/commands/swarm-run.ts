import { createSessionId, formatDuration, sleep, systemClock } from "@fleet/runtime";
import { createSwarm, resolveSwarmOptions, type Swarm, type SwarmConfig } from "@fleet/swarm";
import { createLineLogger } from "../line-logger.ts";
import { resolveSettings, type Values } from "../resolve-settings.ts";
import { optionsOf, SWARM_RUN_SETTINGS, SWARM_SETTINGS } from "../settings.ts";
import { abortOnSignals } from "../stop-signals.ts";
import { renderSwarmReport, type SwarmReport, swarmDocument, swarmLine } from "../swarm-report.ts";
import { resolveSwarmRunOptions } from "../swarm-run-options.ts";
import { withConnection } from "../with-connection.ts";

const LINE_EVERY_MS = 500;
const ERASE_LINE = "\r\u001b[2K";

/** `fleet swarm run`: the report goes to standard output, all else to standard error. */
export async function runSwarm(flags: Values, version: string): Promise<void> {
  const { config, run } = resolveSettings([...SWARM_SETTINGS, ...SWARM_RUN_SETTINGS], flags, {
    config: (values) => resolveSwarmOptions(optionsOf(SWARM_SETTINGS, values)),
    run: resolveSwarmRunOptions,
  });
  // A swarm waits for its broker for ever, but somebody waits for this command.
  await withConnection(config.connection(1), run.timeoutMs, async () => {});

  const screen = process.stderr;
  const isLive = screen.isTTY === true && process.env["TERM"] !== "dumb";
  const say = (text: string) => void screen.write(`${isLive ? ERASE_LINE : ""}${text}\n`);
  const swarm = createSwarm({
    config,
    version,
    session: createSessionId(),
    clock: systemClock,
    random: Math.random,
    logger: createLineLogger(say),
  });
  const stop = new AbortController();
  const ignoreSignals = abortOnSignals(stop, ["SIGINT", "SIGTERM"], {
    first: () => say("stopping …"),
    second: () => say("stopped at once by a second signal"),
  });

  const startedMono = systemClock.monoMs();
  const report = (): SwarmReport => ({
    ...config,
    swarm,
    durationMs: systemClock.monoMs() - startedMono,
  });
  const running = swarm.run(stop.signal).finally(() => stop.abort());
  running.catch(() => {});
  const timed = endInTime(swarm, config, run.durationMs, stop, say);
  if (isLive) await showLine(report, stop.signal, (text) => void screen.write(`${ERASE_LINE}${text}`));
  await timed;
  await running;
  ignoreSignals();
  if (isLive) screen.write(ERASE_LINE);
  console.log(run.output === "json" ? JSON.stringify(swarmDocument(report()), null, 2) : renderSwarmReport(report()));
}

/** Says when the swarm is complete, and stops it when its time is up. */
async function endInTime(
  swarm: Swarm,
  config: SwarmConfig,
  durationMs: number | undefined,
  stop: AbortController,
  say: (text: string) => void,
): Promise<void> {
  try {
    await swarm.ready;
  } catch {
    return;
  }
  const until = durationMs === undefined ? "until Ctrl-C" : `for ${formatDuration(durationMs)}`;
  say(`${config.peels.toLocaleString("en-US")} peels beat, ${until}`);
  if (durationMs === undefined) return;
  await sleep(systemClock, durationMs, stop.signal);
  stop.abort();
}

async function showLine(report: () => SwarmReport, signal: AbortSignal, draw: (text: string) => void): Promise<void> {
  let before = { acknowledged: 0, durationMs: 0 };
  while (!signal.aborted) {
    await sleep(systemClock, LINE_EVERY_MS, signal);
    const now = report();
    draw(swarmLine(now, before, (process.stderr.columns || 80) - 1));
    before = { acknowledged: now.swarm.accounts.beats.acknowledged, durationMs: now.durationMs };
  }
}
