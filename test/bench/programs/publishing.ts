/** For both programs that publish beats as fast as they can. */
export interface PublishingOptions {
  readonly url: string;
  readonly keys: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface PublishingAnswer {
  /** Acknowledged in the time measured. */
  readonly perSecond: number;
  /** Of this process, all threads. */
  readonly cpuUsPerBeat: number;
  /** Resident memory at the end. */
  readonly rssBytes: number;
}

/** Counts for a while how much `acknowledged` grows. */
export async function measurePublishing(
  acknowledged: () => number,
  { warmUpMs, measureMs }: PublishingOptions,
): Promise<PublishingAnswer> {
  await pause(warmUpMs);
  const [cpu, count, startedMono] = [process.cpuUsage(), acknowledged(), performance.now()];
  await pause(measureMs);
  const { user, system } = process.cpuUsage(cpu);
  const beats = acknowledged() - count;
  return {
    perSecond: (beats / (performance.now() - startedMono)) * 1_000,
    cpuUsPerBeat: (user + system) / beats,
    rssBytes: process.memoryUsage.rss(),
  };
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
