import { homedir } from "node:os";
import { type Guardian, startGuardian } from "@fleet/broker";
import { createConnection, resolveConnectionOptions } from "@fleet/bus";
import { aborted, createDeferred, createServiceGroup, type Service, silentLogger, systemClock } from "@fleet/runtime";
import { announceFleet } from "../dev/announcement.ts";
import { createCompletion } from "../dev/completion.ts";
import { type DevBroker, startDevBroker } from "../dev/dev-broker.ts";
import { createMemberService, type DevMember, planMembers } from "../dev/dev-fleet.ts";
import { type DevConfig, resolveDevOptions } from "../dev/dev-options.ts";
import { createFleetView, type FleetView } from "../dev/fleet-view.ts";
import { createFleetWatcher } from "../dev/fleet-watcher.ts";
import { createParallelServices } from "../dev/parallel-services.ts";
import { cliErrors } from "../errors.ts";
import { resolveSettings, type Values } from "../resolve-settings.ts";
import { DEV_SETTINGS } from "../settings.ts";
import { abortOnSignals } from "../stop-signals.ts";
import { withConnection } from "../with-connection.ts";

/** Time for everything to stop: peels and masters get 12 s each, the broker 10 s. */
const STOP_TIMEOUT_MS = 40_000;
const REACH_TIMEOUT_MS = 5_000;

/** `fleet dev` */
export async function runDev(flags: Values): Promise<void> {
  const { config } = resolveSettings(DEV_SETTINGS, flags, { config: resolveDevOptions }, {});
  const stop = new AbortController();
  const ignoreSignals = abortOnSignals(stop, ["SIGINT", "SIGTERM", "SIGHUP"]);
  const view = createFleetView(process.stdout, config.verbose, process.env);
  // From here on the guardian clears up, however this process ends.
  const guardian = await startGuardian({
    onLost: (reason) => view.note(`${reason}: should this process be killed, what it started goes on`),
  });
  try {
    await runFleet(config, { guardian, view, stop });
  } catch (error) {
    if (!stop.signal.aborted || error !== stop.signal.reason) throw error;
  } finally {
    view.end();
    await guardian.close();
    ignoreSignals();
  }
}

interface Surroundings {
  readonly guardian: Guardian;
  readonly view: FleetView;
  readonly stop: AbortController;
}

async function runFleet(config: DevConfig, surroundings: Surroundings): Promise<void> {
  const broker = await findBroker(config, surroundings);
  try {
    await runMembers(config, broker, surroundings);
  } finally {
    // Told to stop before it came to that, the group has not run it.
    await broker.own?.close();
  }
}

async function runMembers(config: DevConfig, broker: FoundBroker, { guardian, view, stop }: Surroundings) {
  const members = await planMembers(config);
  announceFleet({
    broker,
    members,
    home: homedir(),
    write: (line) => view.note(line),
  });

  const completion = createCompletion({
    expected: members.filter(({ role }) => role === "peel").map(({ name }) => name),
    durationMs: config.durationMs,
    clock: systemClock,
    onEnd: () => stop.abort(),
  });
  const died: string[] = [];
  const onEnded = (name: string, ending: string, clean: boolean): Error | undefined => {
    // Ctrl-C reaches a process that has only just been started: it is not yet in a session of its own.
    if (stop.signal.aborted) return undefined;
    if (!completion.complete) return new Error(`${name} ${ending} before the fleet was complete`);
    view.note(`${name} ${ending}`);
    if (!clean) died.push(`${name} ${ending}`);
    return undefined;
  };
  const processesOf = (role: DevMember["role"]) =>
    members
      .filter((member) => member.role === role)
      .map((member) =>
        createMemberService({
          member,
          config,
          natsUrl: broker.url,
          systemLogin: broker.own?.systemLogin,
          guardian,
          clock: systemClock,
          onLine: (name, line) => config.verbose && view.log(name, line),
          onEnded,
        }),
      );
  const connection = createConnection({
    config: resolveConnectionOptions({ urls: [broker.url], name: "fleet-dev" }),
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
  });

  const group = createServiceGroup({
    name: "fleet dev",
    clock: systemClock,
    stopTimeoutMs: STOP_TIMEOUT_MS,
    members: [
      ...(broker.own ? [{ name: "nats-server", run: broker.own.run }] : []),
      createParallelServices("masters", processesOf("master")),
      createParallelServices("peels", processesOf("peel")),
      connection,
      createFleetWatcher({
        connection,
        clock: systemClock,
        random: Math.random,
        onListing(peels) {
          completion.seen(peels);
          view.show(peels, completion.complete);
        },
      }),
      completion,
      announceStop(view),
    ],
  });
  await group.run(stop.signal);
  if (died.length > 0) throw cliErrors.create("CHILD_ENDED", died.join("\n"));
}

/** A broker to use. */
interface FoundBroker {
  readonly url: string;
  /** Without credentials. */
  readonly shownUrl: string;
  /** The broker, if it is one of our own. */
  readonly own?: DevBroker;
}

/** The broker that was named, once it answers; otherwise one of our own. */
async function findBroker(config: DevConfig, { guardian, view, stop }: Surroundings): Promise<FoundBroker> {
  const { natsUrl } = config;
  if (natsUrl === undefined) {
    const own = await startDevBroker({
      port: config.natsPort,
      guardian,
      clock: systemClock,
      signal: stop.signal,
      note: (text) => view.note(text),
    });
    return { url: own.url, shownUrl: own.url, own };
  }
  const connection = resolveConnectionOptions({ urls: [natsUrl], name: "fleet-dev" });
  await withConnection(connection, REACH_TIMEOUT_MS, async () => {});
  return { url: natsUrl, shownUrl: connection.shownUrls.join(", ") };
}

/** The last to start and the first to stop: says that the rest is about to. */
function announceStop(view: FleetView): Service {
  const ready = createDeferred();
  return {
    name: "announcement",
    ready: ready.promise,
    async run(signal) {
      ready.resolve();
      await aborted(signal);
      view.end();
      view.note("stopping …");
    },
  };
}
