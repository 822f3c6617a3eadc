import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { type Clock, createThrottle, type Logger, messageOf } from "@fleet/runtime";

/** What may need a permission. `metrics` includes the messages of checks; `admin` shows or changes how the process runs. */
export type Area = "metrics" | "admin";

export interface AccessOptions {
  /** Whether only this machine can reach the address bound. */
  readonly loopback: boolean;
  /** Whether to let everyone have the metrics who can reach them. */
  readonly metricsInsecure: boolean;
  /** The token that opens both areas, asked for at each request; `undefined`: there is none. */
  readonly bearer: (() => string) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** `unset`: no token would be taken, because none is configured. */
export type AccessVerdict = "granted" | "token-missing" | "token-wrong" | "unset";

/** Decides who is let in where. */
export interface Access {
  /** `authorization` is the request's header. */
  judge(area: Area, authorization: string | undefined): AccessVerdict;
}

const UNREADABLE_LOG_PERIOD_MS = 60_000;

/**
 * Creates an {@link Access}. It fails closed: where a token is configured it is asked for, on loopback too; where none
 * is, only loopback is open; and a token that is empty or cannot be read lets nobody in. Tokens are compared in
 * constant time.
 */
export function createAccess({ loopback, metricsInsecure, bearer, clock, logger }: AccessOptions): Access {
  const key = randomBytes(32);
  // Digests have one length, so that not even that of the token shows in the time.
  const digest = (text: string) => createHmac("sha256", key).update(text).digest();
  const throttle = createThrottle(clock, UNREADABLE_LOG_PERIOD_MS);

  const warn = (error: string) =>
    throttle.run(() => logger.warn("bearer token unreadable; nobody is let in", { error }));
  const expectedToken = (): string => {
    try {
      const token = bearer?.() ?? "";
      if (token === "") warn("it is empty");
      return token;
    } catch (error) {
      warn(messageOf(error));
      return "";
    }
  };

  return {
    judge(area, authorization) {
      if (area === "metrics" && metricsInsecure) return "granted";
      if (bearer === undefined) return loopback ? "granted" : "unset";
      const presented = tokenOf(authorization);
      if (presented === undefined) return "token-missing";
      const expected = expectedToken();
      const same = timingSafeEqual(digest(presented), digest(expected));
      return same && expected !== "" ? "granted" : "token-wrong";
    },
  };
}

/** The token of an `Authorization: Bearer …` header. */
function tokenOf(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
}
