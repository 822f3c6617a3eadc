import { runApart } from "./apart.ts";
import { startBenchBroker } from "./bench-broker.ts";
import type { Benchmark } from "./benchmark.ts";
import type { BarePublishingOptions } from "./programs/bare-publisher.ts";
import type { PublishingAnswer, PublishingOptions } from "./programs/publishing.ts";

/** More beats due in a second than a server takes. */
const KEYS = 400_000;
const BRIEF_KEYS = 20_000;

export const beatsBenchmark: Benchmark = {
  name: "beats",
  summary: "acknowledged beats from one process: the swarm, against the bare client",
  measures:
    "Beats a second that one swarm process writes into a bucket in memory and gets acknowledged, with more of them due than the broker takes, and what that costs the process; held against a loop that only publishes with a reply subject, by the same client: the same keys in the same order, each beat with a reply subject of its own. The same loop once more with one key after the other and one reply subject for all beats, so that nobody knows which were stored: the least that a broker can have to do.",
  leavesOut:
    "a master or anybody else who listens, copies in a cluster, and the cost of a connection for each peel (see connections).",
  async run({ serverPath, brief, note }) {
    const sizes = brief
      ? { keys: BRIEF_KEYS, warmUpMs: 200, measureMs: 1_000 }
      : { keys: KEYS, warmUpMs: 3_000, measureMs: 6_000 };
    const publish = async (what: string, run: (options: PublishingOptions) => Promise<PublishingAnswer>) => {
      note(`${what}, ${sizes.keys} keys`);
      await using server = await startBenchBroker(serverPath);
      return await run({ url: server.url, ...sizes });
    };
    const publishBare = (as: BarePublishingOptions["as"]) =>
      publish(`bare ${as}`, (options) =>
        runApart<PublishingAnswer>("bare-publisher", { ...options, as } satisfies BarePublishingOptions),
      );
    const loop = await publishBare("loop");
    const bare = await publishBare("fleet");
    const swarm = await publish("swarm", (options) => runApart<PublishingAnswer>("swarm-publisher", options));
    const limit = "bare publish-with-reply";
    return [
      {
        what: "swarm, acknowledged beats",
        unit: "1/s",
        value: swarm.perSecond,
        limit: { what: limit, value: bare.perSecond },
        budget: { least: 200_000 },
      },
      {
        what: "swarm, CPU a beat",
        unit: "us",
        value: swarm.cpuUsPerBeat,
        limit: { what: limit, value: bare.cpuUsPerBeat },
      },
      {
        what: `swarm, memory with ${sizes.keys.toLocaleString("en-US")} peels`,
        unit: "MB",
        value: swarm.rssBytes / 1e6,
        limit: { what: limit, value: bare.rssBytes / 1e6 },
      },
      { what: "bare publish-with-reply, keys in order, one reply subject", unit: "1/s", value: loop.perSecond },
    ];
  },
};
