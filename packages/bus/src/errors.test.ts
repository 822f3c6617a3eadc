import assert from "node:assert/strict";
import { test } from "node:test";
import { runtimeErrors } from "@fleet/runtime";
import { ErrorCode, NatsError } from "nats";
import { type BusErrorCode, busErrors, fromApiError, fromClientError, fromDialError } from "./errors.ts";

const URL = "nats://127.0.0.1:4222";

/** An error as Node gives it. */
function systemError(message: string, code: string): Error {
  return Object.assign(new Error(message), { code, syscall: "connect" });
}

test("what JetStream refuses becomes a code that callers can branch on, with the request and the reason", () => {
  const table: [{ code?: number; err_code?: number; description?: string }, BusErrorCode][] = [
    [{ code: 404, err_code: 10059, description: "stream not found" }, "BUCKET_MISSING"],
    [{ code: 404, err_code: 10037, description: "no message found" }, "KEY_MISSING"],
    [{ code: 400, err_code: 10071, description: "wrong last sequence: 5" }, "REVISION_CONFLICT"],
    [{ code: 400, err_code: 10164, description: "wrong last sequence" }, "REVISION_CONFLICT"],
    [{ code: 429, err_code: 10167, description: "too many requests" }, "BACKPRESSURE"],
    [{ code: 503, err_code: 10008, description: "JetStream system temporarily unavailable" }, "UNAVAILABLE"],
    [{ code: 503, err_code: 10039, description: "JetStream not enabled for account" }, "UNAVAILABLE"],
    [{ code: 400, err_code: 10052, description: "rollup not permitted" }, "BROKER_ERROR"],
    [{}, "BROKER_ERROR"],
  ];
  for (const [body, code] of table) {
    const error = fromApiError(body, "$JS.API.STREAM.INFO.KV_facts");
    assert.equal(error.code, code, body.description);
    const reason = `${body.description ?? "unknown error"} (${body.err_code ?? "no code"})`;
    assert.equal(error.message, `$JS.API.STREAM.INFO.KV_facts: ${reason}`);
    assert.equal(error.retryable, busErrors.rows[code].retryable);
  }
});

test("what the client says of a request becomes a code, with the subject", () => {
  const table: [unknown, BusErrorCode][] = [
    [NatsError.errorForCode(ErrorCode.Timeout), "TIMEOUT"],
    [NatsError.errorForCode(ErrorCode.NoResponders), "UNAVAILABLE"],
    [NatsError.errorForCode(ErrorCode.ConnectionClosed), "NOT_CONNECTED"],
    [NatsError.errorForCode(ErrorCode.ConnectionDraining), "NOT_CONNECTED"],
    [NatsError.errorForCode(ErrorCode.Disconnect), "NOT_CONNECTED"],
    [NatsError.errorForCode(ErrorCode.PermissionsViolation), "PERMISSION_DENIED"],
    [NatsError.errorForCode(ErrorCode.MaxPayloadExceeded), "BROKER_ERROR"],
    [new TypeError("something else"), "BROKER_ERROR"],
  ];
  for (const [given, code] of table) {
    const error = fromClientError(given, "orders");
    assert.equal(error.code, code);
    assert.match(error.message, /^orders: /);
    assert.equal(error.cause, given);
  }
});

test("a refusal names what was refused", () => {
  const refusal = NatsError.errorForCode(ErrorCode.PermissionsViolation);
  refusal.permissionContext = { operation: "publish", subject: "$KV.peel-heartbeat.web2" };
  const error = fromClientError(refusal, "put");
  assert.equal(error.message, 'put: the credentials do not allow publish "$KV.peel-heartbeat.web2"');
});

test("an error that is translated already stays as it is", () => {
  const error = busErrors.create("KEY_MISSING", "gone");
  assert.equal(fromClientError(error, "get"), error);
});

test("what keeps a dial from connecting is told apart: nobody there, no entry, or something to put right", () => {
  const refused = NatsError.errorForCode(
    ErrorCode.ConnectionRefused,
    systemError("connect ECONNREFUSED 127.0.0.1:4222", "ECONNREFUSED"),
  );
  const notTrusted = Object.assign(new Error("self-signed certificate"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  const table: [unknown, BusErrorCode, string][] = [
    [refused, "BROKER_UNREACHABLE", "connect ECONNREFUSED 127.0.0.1:4222"],
    [NatsError.errorForCode(ErrorCode.ConnectionRefused), "BROKER_UNREACHABLE", "the server closed the connection"],
    [systemError("getaddrinfo ENOTFOUND nats", "ENOTFOUND"), "BROKER_UNREACHABLE", "getaddrinfo ENOTFOUND nats"],
    [runtimeErrors.create("DEADLINE_EXCEEDED", "late"), "BROKER_UNREACHABLE", "no answer in time"],
    [
      new NatsError("'Authorization Violation'", ErrorCode.AuthorizationViolation),
      "BROKER_REFUSED_LOGIN",
      "Authorization Violation",
    ],
    [new NatsError("BAD_CREDS", "BAD_CREDS"), "BROKER_REFUSED_LOGIN", "BAD_CREDS"],
    [new NatsError("tls", ErrorCode.ServerOptionNotAvailable), "BROKER_ERROR", "the server does not offer TLS"],
    [notTrusted, "BROKER_ERROR", "the server's certificate is not accepted: self-signed certificate"],
    [new Error("unexpected response from server"), "BROKER_ERROR", "unexpected response from server"],
  ];
  for (const [given, code, reason] of table) {
    const error = fromDialError(given, URL);
    assert.deepEqual([error.code, error.message], [code, `${URL}: ${reason}`]);
  }
});

test("a name with several addresses that all refuse gives each of them", () => {
  const each = ["127.0.0.1", "::1"].map((host) => systemError(`connect ECONNREFUSED ${host}:4222`, "ECONNREFUSED"));
  const all = Object.assign(new AggregateError(each), { code: "ECONNREFUSED" });
  const error = fromDialError(NatsError.errorForCode(ErrorCode.ConnectionRefused, all), URL);
  assert.equal(error.code, "BROKER_UNREACHABLE");
  assert.match(error.message, /ECONNREFUSED 127\.0\.0\.1:4222; connect ECONNREFUSED ::1:4222/);
});
