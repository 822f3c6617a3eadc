import type { Clock } from "@fleet/runtime";

/** What Node.js can tell of a process without its environment, arguments, folders, host and libraries. */
export interface DiagnosticReport {
  readonly time: string;
  readonly pid: number;
  readonly runtime: string;
  readonly stack: readonly string[];
  /** Number of each kind of resource that keeps the event loop busy. */
  readonly resources: Readonly<Record<string, number>>;
  /** Sockets, timers and so on, as libuv sees them. */
  readonly handles: unknown;
  readonly heap: unknown;
  readonly native_stack: unknown;
  readonly resource_usage: unknown;
  readonly workers: unknown;
}

interface NodeReport {
  readonly libuv: unknown;
  readonly javascriptHeap: unknown;
  readonly nativeStack: unknown;
  readonly resourceUsage: unknown;
  readonly workers: readonly { readonly javascriptStack?: unknown; readonly libuv?: unknown }[];
}

/**
 * Takes a report now. Its parts are picked one by one: a report of Node.js has the environment and the arguments of
 * the process, which hold secrets. Stops the event loop for some 5 ms.
 */
export function takeDiagnosticReport(clock: Pick<Clock, "wallMs">): DiagnosticReport {
  const { stack = "" } = new Error("taken for this report");
  const report = readNodeReport();
  return {
    time: new Date(clock.wallMs()).toISOString(),
    pid: process.pid,
    runtime: `node ${process.version}`,
    stack: stack
      .split("\n")
      .slice(1)
      .map((line) => line.trim()),
    resources: countsOf(process.getActiveResourcesInfo()),
    handles: report.libuv,
    heap: report.javascriptHeap,
    native_stack: report.nativeStack,
    resource_usage: report.resourceUsage,
    workers: report.workers.map(({ javascriptStack, libuv }) => ({ stack: javascriptStack, handles: libuv })),
  };
}

/** Without names for addresses: to look them up would stop the event loop for as long as a name server is silent. */
function readNodeReport(): NodeReport {
  const settings = process.report as { excludeNetwork?: boolean };
  const before = settings.excludeNetwork ?? false;
  settings.excludeNetwork = true;
  try {
    return process.report.getReport() as unknown as NodeReport;
  } finally {
    settings.excludeNetwork = before;
  }
}

function countsOf(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
