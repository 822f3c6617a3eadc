import { defineErrors, type ErrorTable, type FleetError, isFleetError, messageOf } from "@fleet/runtime";
import { NatsError } from "./nats-client.ts";

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
  | "FENCED"
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
  FENCED: {
    retryable: false,
    meaning:
      "A fenced writer has ended: another one has taken over, something else was written, or an earlier write failed. This write is not stored; the bucket is to be read again and a new writer opened.",
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
  switch (codeOf(error)) {
    case "TIMEOUT":
      return busErrors.create("TIMEOUT", `${what}: no answer in time`, error);
    case "503":
      return busErrors.create("UNAVAILABLE", `${what}: nobody answers`, error);
    case "PERMISSIONS_VIOLATION": {
      const denied = error instanceof NatsError ? error.permissionContext : undefined;
      const subject = denied ? `${denied.operation} "${denied.subject}"` : "the subject";
      return busErrors.create("PERMISSION_DENIED", `${what}: the credentials do not allow ${subject}`, error);
    }
    case "CONNECTION_CLOSED":
    case "CONNECTION_DRAINING":
    case "DISCONNECT":
      return busErrors.create("NOT_CONNECTED", `${what}: not connected to NATS`, error);
  }
  return busErrors.create("BROKER_ERROR", `${what}: ${describe(error)}`, error);
}

/** Translates what kept the client from connecting to the server at `url`, which holds no credentials. */
export function fromDialError(error: unknown, url: string): FleetError {
  const fail = (code: BusErrorCode, text: string) => busErrors.create(code, `${url}: ${text}`, error);
  if (isFleetError(error, "DEADLINE_EXCEEDED")) return fail("BROKER_UNREACHABLE", "no answer in time");
  const reason = error instanceof NatsError && error.chainedError ? error.chainedError : error;
  // The aggregate is Node's for a name with several addresses.
  if (reason instanceof AggregateError || (reason instanceof Error && "syscall" in reason)) {
    return fail("BROKER_UNREACHABLE", messageOf(reason));
  }
  const code = codeOf(error) ?? "";
  if (code === "CONNECTION_REFUSED") return fail("BROKER_UNREACHABLE", "the server closed the connection");
  if (code === "SERVER_OPT_NA") return fail("BROKER_ERROR", "the server does not offer TLS");
  if (CERTIFICATE_REFUSED.test(code)) {
    return fail("BROKER_ERROR", `the server's certificate is not accepted: ${messageOf(error)}`);
  }
  return fail(REFUSED_LOGIN.has(code) ? "BROKER_REFUSED_LOGIN" : "BROKER_ERROR", describe(error));
}

/** Node's codes for what can be wrong with a certificate. */
const CERTIFICATE_REFUSED = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|ERR_TLS_|HOSTNAME_MISMATCH|INVALID_CA)/;

const REFUSED_LOGIN: ReadonlySet<string> = new Set([
  "AUTHORIZATION_VIOLATION",
  "AUTHENTICATION_EXPIRED",
  "AUTHENTICATION_TIMEOUT",
  "ACCOUNT_EXPIRED",
  "BAD_AUTHENTICATION",
  "BAD_CREDS",
]);

/** The code of an error of the client or of Node. */
function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as Error & { code?: unknown }).code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** The client's messages are often bare codes; the chained error says more. The server's come in quotes. */
function describe(error: unknown): string {
  const chained = error instanceof NatsError ? error.chainedError : undefined;
  const text = messageOf(error).replace(/^'(.*)'$/, "$1");
  return chained ? `${text} (${messageOf(chained)})` : text;
}
