import type { Answer } from "./answer.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ExpositionFormat } from "./exposition.ts";
import { negotiateExposition } from "./exposition-format.ts";
import type { Metrics } from "./metrics.ts";

/** What scrapers ask: `/metrics` in the format they want, and `/metrics.json`. */
export function createMetricsEndpoints(metrics: Metrics): readonly Endpoint[] {
  const render = async (format: ExpositionFormat, headers: Answer["headers"] = {}): Promise<Answer> => {
    const { contentType, body } = await metrics.render(format);
    return { status: 200, headers: { "Content-Type": contentType, ...headers }, body };
  };
  return [
    {
      route: "/metrics",
      area: "metrics",
      get: ({ headers }) => render(negotiateExposition(headers.accept), { Vary: "Accept" }),
    },
    {
      route: "/metrics.json",
      area: "metrics",
      get: () => render("json"),
    },
  ];
}
