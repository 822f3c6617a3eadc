import { createBucket } from "@fleet/bus";
import { listLeases } from "@fleet/lease";
import { isFleetError } from "@fleet/runtime";
import { decodeStepDownReply, LEASE_BUCKET, leaseStepDownSubject } from "@fleet/wire";
import { confirm } from "../confirmation.ts";
import { cliErrors } from "../errors.ts";
import { resolveCliConnection, resolveQueryOptions } from "../query-options.ts";
import { resolveSettings, type Values } from "../resolve-settings.ts";
import { STEP_DOWN_SETTINGS } from "../settings.ts";
import { withConnection } from "../with-connection.ts";

/** A name is a bucket key and a subject token. */
const LEASE_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,127}$/;

/** `fleet lease step-down` */
export async function runLeaseStepDown(name: string, flags: Values): Promise<void> {
  if (!LEASE_NAME.test(name)) throw cliErrors.create("USAGE", `"${name}" cannot be the name of a lease; try publisher`);
  const { connection, query, yes } = resolveSettings(STEP_DOWN_SETTINGS, flags, {
    connection: resolveCliConnection,
    query: resolveQueryOptions,
    yes: (values) => values["yes"] === true,
  });
  if (!yes && process.stdin.isTTY !== true) {
    throw cliErrors.create("USAGE", "nobody is there to confirm this; add --yes");
  }
  const terminal = { input: process.stdin, output: process.stderr };
  await withConnection(connection, query.timeoutMs, async (bus) => {
    const holder = await findHolder(name, () => listLeases(createBucket(bus, LEASE_BUCKET), query.timeoutMs));
    if (!yes && !(await confirm(`Make ${holder} step down from ${name} for one TTL?`, terminal))) {
      console.error("Nothing was done.");
      return;
    }
    const reply = decodeStepDownReply(
      await askToStepDown(name, () => bus.request(leaseStepDownSubject(name), new Uint8Array(), query)),
    );
    console.log(
      reply.ok ? `${reply.value.holder} has stepped down from ${name}.` : `${holder} has stepped down from ${name}.`,
    );
  });
}

async function findHolder(name: string, list: () => ReturnType<typeof listLeases>): Promise<string> {
  const leases = await list().catch((error: unknown) => {
    if (isFleetError(error, "BUCKET_MISSING")) return [];
    throw error;
  });
  const found = leases.find((lease) => lease.name === name);
  if (found) return found.holder;
  const held = leases.length > 0 ? `held are: ${leases.map((lease) => lease.name).join(", ")}` : "no lease is held";
  throw cliErrors.create("LEASE_NOT_HELD", `nobody holds the lease ${name}; ${held}`);
}

async function askToStepDown(name: string, ask: () => Promise<{ readonly payload: Uint8Array }>): Promise<Uint8Array> {
  try {
    return (await ask()).payload;
  } catch (error) {
    if (!isFleetError(error, "TIMEOUT", "UNAVAILABLE")) throw error;
    throw cliErrors.create(
      "LEASE_NOT_HELD",
      `the holder of the lease ${name} does not answer: it is gone, or not one of ours`,
      error,
    );
  }
}
