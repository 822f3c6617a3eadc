import { formatDuration, isFleetError, messageOf } from "@fleet/runtime";
import { type BucketSpec, bucketStream } from "@fleet/wire";
import type { Connection } from "./connection.ts";
import { apiRequest, type StreamConfig, type StreamInfo } from "./jetstream-api.ts";

/** What became of a bucket that was to be set up. */
export interface BucketSetup {
  readonly created: boolean;
  /** Settings that were put right, in words. */
  readonly fixed: readonly string[];
  /** What is still not as wanted and why, in words; empty when all is well. */
  readonly problems: readonly string[];
}

export interface BucketSetupOptions {
  /** Copies in a cluster. @default the smaller of 3 and the cluster's size */
  readonly replicas?: number | undefined;
  /** Put right what may be put right on a bucket that exists. @default true */
  readonly repair?: boolean;
}

/** Most copies that are made unasked. */
const MAX_DEFAULT_REPLICAS = 3;
/** Longest duplicate window; it may not exceed the age limit. The server's own default is the same. */
const DUPLICATE_WINDOW_MS = 120_000;

/**
 * Creates the bucket, hardened: no roll-ups, so that a peel's grant on its own key cannot erase its neighbours'; no
 * deletes of single messages; no TTL per message. A bucket that exists keeps its settings, save two that are put right:
 * roll-ups are switched off, and copies are brought to the number wanted. Whatever else differs is named, not changed,
 * because it may be another owner's will. The configuration is read back: old servers ignore silently what they do not know.
 *
 * Throws when nothing could be found out (`NOT_CONNECTED`, `TIMEOUT`, `UNAVAILABLE`, `PERMISSION_DENIED`) or the
 * bucket could not be made.
 */
export async function setUpBucket(
  connection: Connection,
  spec: BucketSpec,
  options: BucketSetupOptions = {},
): Promise<BucketSetup> {
  let found = await findStream(connection, spec.name);
  if (!found) {
    try {
      const config = await create(connection, spec, options);
      return { created: true, fixed: [], problems: describeProblems(config, spec, options) };
    } catch (error) {
      // Somebody else may have made it in the same moment, with other settings.
      if (!isFleetError(error, "BROKER_ERROR")) throw error;
      found = await findStream(connection, spec.name);
      if (!found) throw error;
    }
  }
  if (options.repair === false) {
    return { created: false, fixed: [], problems: describeProblems(found.config, spec, options) };
  }
  const { config, fixed, failures } = await repair(connection, found, options);
  return { created: false, fixed, problems: [...failures, ...describeProblems(config, spec, options)] };
}

async function findStream(connection: Connection, bucket: string): Promise<StreamInfo | undefined> {
  try {
    return await apiRequest<StreamInfo>(connection, `STREAM.INFO.${bucketStream(bucket)}`);
  } catch (error) {
    if (isFleetError(error, "BUCKET_MISSING")) return undefined;
    throw error;
  }
}

/** Creates the stream, with fewer copies where the cluster is too small for the number tried. */
async function create(connection: Connection, spec: BucketSpec, options: BucketSetupOptions): Promise<StreamConfig> {
  const stream = bucketStream(spec.name);
  const wanted = options.replicas ?? (connection.server?.clustered ? MAX_DEFAULT_REPLICAS : 1);
  for (let replicas = wanted; ; replicas -= 1) {
    try {
      await apiRequest<StreamInfo>(connection, `STREAM.CREATE.${stream}`, hardenedConfig(spec, replicas));
      return (await apiRequest<StreamInfo>(connection, `STREAM.INFO.${stream}`)).config;
    } catch (error) {
      const canShrink = options.replicas === undefined && replicas > 1;
      if (!canShrink || !isFleetError(error, "BROKER_ERROR")) throw error;
    }
  }
}

function hardenedConfig(spec: BucketSpec, replicas: number): StreamConfig {
  return {
    name: bucketStream(spec.name),
    subjects: [`$KV.${spec.name}.>`],
    storage: spec.storage,
    num_replicas: replicas,
    max_msgs_per_subject: spec.history,
    max_age: spec.ttlMs * 1e6,
    duplicate_window: Math.min(spec.ttlMs || DUPLICATE_WINDOW_MS, DUPLICATE_WINDOW_MS) * 1e6,
    discard: "new",
    allow_rollup_hdrs: false,
    deny_delete: true,
    allow_direct: true,
  };
}

/** Puts right what may be put right, one setting at a time, so that one refusal does not keep back the other. */
async function repair(
  connection: Connection,
  found: StreamInfo,
  options: BucketSetupOptions,
): Promise<{ config: StreamConfig; fixed: string[]; failures: string[] }> {
  let { config } = found;
  const isClustered = found.cluster?.name !== undefined;
  const fixed: string[] = [];
  const failures: string[] = [];
  const update = async (change: Partial<StreamConfig>) => {
    config = (await apiRequest<StreamInfo>(connection, `STREAM.UPDATE.${config.name}`, { ...config, ...change }))
      .config;
  };

  if (config.allow_rollup_hdrs) {
    try {
      await update({ allow_rollup_hdrs: false });
      fixed.push("roll-ups switched off");
    } catch (error) {
      failures.push(`cannot switch roll-ups off: ${messageOf(error)}`);
    }
  }

  const { replicas } = options;
  const before = config.num_replicas;
  if (replicas !== undefined && before !== replicas) {
    const cannot = (why: string) => failures.push(`cannot change the copies from ${before} to ${replicas}: ${why}`);
    if (replicas > 1 && !isClustered) {
      // Servers before 2.11 would write down the number, and make no copies.
      cannot("the server is not part of a cluster");
    } else {
      await update({ num_replicas: replicas }).catch((error: unknown) => cannot(messageOf(error)));
    }
  } else if (replicas === undefined && isClustered) {
    for (let more = MAX_DEFAULT_REPLICAS; more > before && config.num_replicas === before; more -= 1) {
      // Refused where the cluster is smaller than that; then fewer are enough.
      await update({ num_replicas: more }).catch(() => {});
    }
  }
  if (config.num_replicas !== before) fixed.push(`copies changed from ${before} to ${config.num_replicas}`);
  return { config, fixed, failures };
}

/** What of a stream's settings is not as the bucket needs it. */
function describeProblems(config: StreamConfig, spec: BucketSpec, options: BucketSetupOptions): string[] {
  const problems: string[] = [];
  const ttlMs = config.max_age / 1e6;
  const differs = (what: string, found: unknown, wanted: unknown) =>
    problems.push(`${what} is ${found}, not ${wanted}`);
  if (config.allow_rollup_hdrs) problems.push("roll-ups are allowed: one writer can erase all keys");
  if (config.allow_msg_ttl) problems.push("a TTL per message is allowed: a writer can make its key immortal");
  if (!config.deny_delete) problems.push("deletes of single messages are allowed");
  if (!config.allow_direct) problems.push("direct gets are not allowed: a peel's check of its own key will fail");
  if (config.discard !== "new") differs("what happens at a limit", `discard ${config.discard}`, "discard new");
  if (ttlMs !== spec.ttlMs) differs("TTL", showTtl(ttlMs), showTtl(spec.ttlMs));
  if (config.max_msgs_per_subject !== spec.history) differs("history", config.max_msgs_per_subject, spec.history);
  if (config.storage !== spec.storage) differs("storage", config.storage, spec.storage);
  if (options.replicas !== undefined && config.num_replicas !== options.replicas) {
    differs("the number of copies", config.num_replicas, options.replicas);
  }
  if (config.subjects.length !== 1 || config.subjects[0] !== `$KV.${spec.name}.>`) {
    differs("subjects", config.subjects.join(", "), `$KV.${spec.name}.>`);
  }
  return problems;
}

function showTtl(ttlMs: number): string {
  return ttlMs === 0 ? "none" : formatDuration(ttlMs);
}
