import { defineErrors, type ErrorTable, type FleetError, isFleetError } from "@fleet/runtime";
import { NatsError } from "nats";

export type BusErrorCode =
  | "BROKER_UNREACHABLE"
  | "BROKER_REFUSED_LOGIN"
  | "NOT_CONNECTED"
  | "TIMEOUT"
  | "UNAVAILABLE"
  | "PERMISSION_DENIED"
  | "BUCKET_MISSING"
  | "KEY_MISSING"
  | "REVISION_CONFLICT"
  | "BACKPRESSURE"
  | "BROKER_ERROR";

/** Errors of this package: what NATS, its client and JetStream say, translated once. */
export const busErrors: ErrorTable<BusErrorCode> = defineErrors({
  BROKER_UNREACHABLE: {
    retryable: true,
    meaning: "No NATS server answered at the URLs given: check `--nats-url` and that a server runs there.",
  },
  BROKER_REFUSED_LOGIN: {
    retryable: true,
    meaning: "The NATS server refused the credentials; they are tried again, because they may be on their way.",
  },
  NOT_CONNECTED: {
    retryable: true,
    meaning: "There is no connection to NATS at the moment, or it was lost before the answer: the outcome is unknown.",
  },
  TIMEOUT: { retryable: true, meaning: "No answer came in time; whether the request was carried out is unknown." },
  UNAVAILABLE: {
    retryable: true,
    meaning:
      "Nobody answers at this subject, or JetStream has no leader at the moment; the request may or may not have been carried out.",
  },
  PERMISSION_DENIED: {
    retryable: true,
    meaning: "The NATS credentials lack the grant for the subject named: grant it, nothing needs a restart.",
  },
  BUCKET_MISSING: { retryable: true, meaning: "The bucket does not exist; a master creates it." },
  KEY_MISSING: { retryable: false, meaning: "The key has no message in the bucket." },
  REVISION_CONFLICT: {
    retryable: false,
    meaning: "Another write came first: the key or stream is not at the expected revision.",
  },
  BACKPRESSURE: {
    retryable: true,
    meaning: "JetStream takes no more messages at the moment: too many are unacknowledged.",
  },
  BROKER_ERROR: {
    retryable: false,
    meaning: "The NATS server or its client refused the request; the message says why.",
  },
});

/** The error object inside a JetStream API reply. */
export interface ApiErrorBody {
  readonly code?: number;
  readonly err_code?: number;
  readonly description?: string;
}

const STREAM_NOT_FOUND = 10059;
const MESSAGE_NOT_FOUND = 10037;
const WRONG_LAST_SEQUENCE = 10071;
/** Said instead of 10071 where the expected sequence is not named, from server 2.11 on. */
const WRONG_LAST_SEQUENCE_CONSTANT = 10164;

/** Translates an error in a JetStream reply; `what` names the request and its subject. */
export function fromApiError(body: ApiErrorBody, what: string): FleetError {
  const text = `${what}: ${body.description ?? "unknown error"} (${body.err_code ?? body.code ?? "no code"})`;
  switch (body.err_code) {
    case STREAM_NOT_FOUND:
      return busErrors.create("BUCKET_MISSING", text);
    case MESSAGE_NOT_FOUND:
      return busErrors.create("KEY_MISSING", text);
    case WRONG_LAST_SEQUENCE:
    case WRONG_LAST_SEQUENCE_CONSTANT:
      return busErrors.create("REVISION_CONFLICT", text);
  }
  if (body.code === 429) return busErrors.create("BACKPRESSURE", text);
  if (body.code === 503) return busErrors.create("UNAVAILABLE", text);
  return busErrors.create("BROKER_ERROR", text);
}

/** Translates an error of the NATS client; `what` names the request and its subject. */
export function fromClientError(error: unknown, what: string): FleetError {
  if (isFleetError(error)) return error;
  const code = error instanceof NatsError ? error.code : undefined;
  switch (code) {
    case "TIMEOUT":
      return busErrors.create("TIMEOUT", `${what}: no answer in time`, error);
    case "503":
      return busErrors.create("UNAVAILABLE", `${what}: nobody answers`, error);
    case "PERMISSIONS_VIOLATION": {
      const denied = error instanceof NatsError ? error.permissionContext : undefined;
      const subject = denied ? `${denied.operation} "${denied.subject}"` : "the subject";
      return busErrors.create("PERMISSION_DENIED", `${what}: the credentials do not allow ${subject}`, error);
    }
    case "AUTHORIZATION_VIOLATION":
    case "AUTHENTICATION_EXPIRED":
    case "AUTHENTICATION_TIMEOUT":
    case "ACCOUNT_EXPIRED":
    case "BAD_AUTHENTICATION":
    case "BAD_CREDS":
      return busErrors.create("BROKER_REFUSED_LOGIN", `${what}: ${describe(error)}`, error);
    case "CONNECTION_CLOSED":
    case "CONNECTION_DRAINING":
    case "DISCONNECT":
      return busErrors.create("NOT_CONNECTED", `${what}: not connected to NATS`, error);
    case "CONNECTION_REFUSED":
    case "CONNECTION_TIMEOUT":
      return busErrors.create("BROKER_UNREACHABLE", `${what}: ${describe(error)}`, error);
  }
  return busErrors.create("BROKER_ERROR", `${what}: ${describe(error)}`, error);
}

/** The client's messages are often bare codes; the chained error says more. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const chained = error instanceof NatsError ? error.chainedError : undefined;
  return chained ? `${error.message} (${chained.message})` : error.message;
}
