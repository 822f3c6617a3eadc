import { aborted, type Service } from "@fleet/runtime";

/** Several services as one, started and stopped together. If one fails, the others are stopped and its error is thrown. */
export function createParallelServices(name: string, members: readonly Service[]): Service {
  return {
    name,
    async run(signal) {
      const stop = new AbortController();
      const onAbort = () => stop.abort();
      signal.addEventListener("abort", onAbort, { once: true });
      let failure: { readonly error: unknown } | undefined;
      const runs = members.map((member) =>
        member.run(stop.signal).catch((error: unknown) => {
          failure ??= { error };
          stop.abort();
        }),
      );
      await aborted(stop.signal);
      await Promise.all(runs);
      signal.removeEventListener("abort", onAbort);
      if (failure) throw failure.error;
    },
  };
}
