import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { get as getHttp, type IncomingMessage } from "node:http";
import { get as getHttps } from "node:https";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Clock, formatDuration, isFleetError, messageOf } from "@fleet/runtime";
import { brokerErrors } from "./errors.ts";
import type { FetchContext } from "./fetch-context.ts";

/** Time for name look-up, TCP and TLS together: a dead network is given up after it. */
const CONNECT_TIMEOUT_MS = 5_000;

/** Longest silence of a host once it is connected. */
const STALL_TIMEOUT_MS = 10_000;

/** GitHub needs one. */
const MAX_REDIRECTS = 5;

/** Ten times a server archive: whoever sends more is not sending one. */
const MAX_BYTES = 200_000_000;

const REDIRECT_STATUS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export interface DownloadOptions {
  readonly url: URL;
  /** Created or overwritten. */
  readonly file: string;
  /** Called with each piece received; `totalBytes` is undefined if the host does not say. */
  readonly onBytes: (receivedBytes: number, totalBytes: number | undefined) => void;
}

/**
 * Downloads `url` into a file and returns the SHA-256 of what was written, in hexadecimal.
 *
 * Gives up after 5 s without a connection and after 10 s of silence. Rejects with `DOWNLOAD_FAILED`, or with the
 * context's abort reason; the file is then incomplete and is left to the caller.
 */
export async function downloadFile(context: FetchContext, options: DownloadOptions): Promise<string> {
  const { url, file, onBytes } = options;
  try {
    const response = await openFollowing(context, url);
    const totalBytes = contentLengthOf(response);
    if (totalBytes !== undefined && totalBytes > MAX_BYTES) throw failed(url, `${totalBytes} bytes are too many`);
    const stall = createStallTimer(context.clock, () => response.destroy(silence(url)));
    const hash = createHash("sha256");
    let receivedBytes = 0;
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        stall.restart();
        receivedBytes += chunk.length;
        if (receivedBytes > MAX_BYTES) return done(failed(url, `more than ${MAX_BYTES} bytes`));
        hash.update(chunk);
        onBytes(receivedBytes, totalBytes);
        done(null, chunk);
      },
    });
    stall.restart();
    try {
      await pipeline(response, meter, createWriteStream(file), { ...(context.signal && { signal: context.signal }) });
    } finally {
      stall.cancel();
    }
    return hash.digest("hex");
  } catch (error) {
    context.signal?.throwIfAborted();
    throw isFleetError(error) ? error : failed(url, messageOf(error), error);
  }
}

/** Whether a download that began at `first` may go on at `next`: HTTPS always, plain HTTP only within loopback. */
export function isSafeHop(first: URL, next: URL): boolean {
  return next.protocol === "https:" || (isLoopbackHttp(first) && isLoopbackHttp(next));
}

function isLoopbackHttp(url: URL): boolean {
  return url.protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
}

async function openFollowing(context: FetchContext, first: URL): Promise<IncomingMessage> {
  let url = first;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    if (!isSafeHop(first, url)) throw failed(first, `refusing to go on at ${url.href}: not https`);
    const response = await open(context, url);
    const status = response.statusCode ?? 0;
    if (status === 200) return response;
    response.destroy();
    const { location } = response.headers;
    if (!REDIRECT_STATUS.has(status) || location === undefined) throw failed(url, `HTTP status ${status}`);
    if (!URL.canParse(location, url.href)) throw failed(url, `redirect to "${location}", which is not a URL`);
    url = new URL(location, url);
  }
  throw failed(first, `more than ${MAX_REDIRECTS} redirects`);
}

function open(context: FetchContext, url: URL): Promise<IncomingMessage> {
  const { clock, signal } = context;
  const secure = url.protocol === "https:";
  return new Promise((resolve, reject) => {
    const settings = {
      agent: false,
      headers: { accept: "application/octet-stream", "user-agent": "fleet" },
      ...(signal && { signal }),
    };
    const request = secure ? getHttps(url, settings) : getHttp(url, settings);
    const noConnection = `no connection within ${formatDuration(CONNECT_TIMEOUT_MS)}`;
    let cancelTimer = clock.setTimer(CONNECT_TIMEOUT_MS, () => request.destroy(failed(url, noConnection)));
    request.once("socket", (socket) => {
      socket.once(secure ? "secureConnect" : "connect", () => {
        cancelTimer();
        cancelTimer = clock.setTimer(STALL_TIMEOUT_MS, () => request.destroy(silence(url)));
      });
    });
    request.once("response", (response) => {
      cancelTimer();
      resolve(response);
    });
    request.on("error", (error) => {
      cancelTimer();
      reject(error);
    });
  });
}

function createStallTimer(clock: Clock, onStall: () => void): { restart(): void; cancel(): void } {
  let cancel = () => {};
  return {
    restart() {
      cancel();
      cancel = clock.setTimer(STALL_TIMEOUT_MS, onStall);
    },
    cancel: () => cancel(),
  };
}

function contentLengthOf(response: IncomingMessage): number | undefined {
  const text = response.headers["content-length"];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function silence(url: URL): Error {
  return failed(url, `nothing received for ${formatDuration(STALL_TIMEOUT_MS)}`);
}

function failed(url: URL, reason: string, cause?: unknown): Error {
  return brokerErrors.create("DOWNLOAD_FAILED", `${url.href}: ${reason}`, cause);
}
