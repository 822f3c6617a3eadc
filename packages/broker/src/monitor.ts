import { get } from "node:http";
import { type Clock, withDeadline } from "@fleet/runtime";

/** The monitoring port answers from memory, in a millisecond when all is well. */
const ANSWER_TIMEOUT_MS = 1_000;

/** What a monitoring endpoint said. */
export interface MonitorAnswer {
  readonly status: number;
  readonly body: string;
}

/** Asks a server's monitoring endpoint; undefined if it cannot be reached within a second. */
export async function askMonitor(clock: Clock, url: string): Promise<MonitorAnswer | undefined> {
  try {
    return await withDeadline({ clock, timeoutMs: ANSWER_TIMEOUT_MS, what: `GET ${url}` }, (signal) => {
      return new Promise<MonitorAnswer>((resolve, reject) => {
        const request = get(url, { agent: false, signal }, (response) => {
          let body = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => {
            body += chunk;
          });
          response.once("error", reject);
          response.once("end", () => resolve({ status: response.statusCode ?? 0, body }));
        });
        request.once("error", reject);
      });
    });
  } catch {
    return undefined;
  }
}

/** The same for an endpoint that answers with a JSON object. */
export async function askMonitorObject(clock: Clock, url: string): Promise<Record<string, unknown> | undefined> {
  const answer = await askMonitor(clock, url);
  if (answer?.status !== 200) return undefined;
  try {
    const value: unknown = JSON.parse(answer.body);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
