import type { Context } from "hono";
import type { Endpoint } from "./endpoint.ts";
import type { ExpositionFormat } from "./exposition.ts";
import { negotiateExposition } from "./exposition-format.ts";
import type { Metrics } from "./metrics.ts";

/** What scrapers ask: `/metrics` in the format they want, and `/metrics.json`. */
export function createMetricsEndpoints(metrics: Metrics): readonly Endpoint[] {
  const respond = async (context: Context, format: ExpositionFormat) => {
    const { contentType, body } = await metrics.render(format);
    return context.body(body, 200, { "Content-Type": contentType });
  };
  return [
    {
      route: "/metrics",
      area: "metrics",
      get(context) {
        context.header("Vary", "Accept");
        return respond(context, negotiateExposition(context.req.header("accept")));
      },
    },
    {
      route: "/metrics.json",
      area: "metrics",
      get: (context) => respond(context, "json"),
    },
  ];
}
