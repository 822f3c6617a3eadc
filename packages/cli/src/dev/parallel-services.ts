import { aborted, type Service } from "@fleet/runtime";

/** Several services as one, started and stopped together. If one fails, the others are stopped and its error is thrown. */
export function createParallelServices(name: string, members: readonly Service[]): Service {
  return {
    name,
    async run(signal) {
      const stop = new AbortController();
      const onAbort = () => stop.abort();
      if (signal.aborted) onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      let failure: { readonly error: unknown } | undefined;
      const running = members.map((member) => {
        // One for each: Node takes many listeners to one signal for a leak.
        const controller = new AbortController();
        const ended = member.run(controller.signal).catch((error: unknown) => {
          failure ??= { error };
          stop.abort();
        });
        return { controller, ended };
      });
      await aborted(stop.signal);
      for (const { controller } of running) controller.abort();
      await Promise.all(running.map(({ ended }) => ended));
      signal.removeEventListener("abort", onAbort);
      if (failure) throw failure.error;
    },
  };
}
