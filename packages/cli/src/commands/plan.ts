import { readFileSync } from "node:fs";
import { coefficientValues, parseCoefficients, planCapacity, resolveCapacityOptions } from "@fleet/capacity";
import { planDocument, renderConfiguration, renderPlan } from "../plan-report.ts";
import { CAPACITY_SETTINGS, PLAN_OUTPUT } from "../plan-settings.ts";
import { resolvePlanOutput } from "../query-options.ts";
import { resolveSettings, type Values } from "../resolve-settings.ts";
import { optionsOf } from "../settings.ts";
import { writeDocument } from "../write-document.ts";

/** `fleet plan` */
export async function runPlan(flags: Values): Promise<void> {
  const { config, output } = resolveSettings([...CAPACITY_SETTINGS, PLAN_OUTPUT], flags, {
    config: (values) => resolveCapacityOptions(optionsOf(CAPACITY_SETTINGS, values)),
    output: resolvePlanOutput,
  });
  const file = new URL(import.meta.resolve("@fleet/capacity/coefficients.json"));
  const coefficients = parseCoefficients(readFileSync(file, "utf8"));
  const plan = planCapacity(config, coefficientValues(coefficients));
  if (output === "json") writeDocument(planDocument(plan, coefficients), "json");
  else if (output === "config") process.stdout.write(renderConfiguration(plan));
  else console.log(renderPlan(plan, coefficients));
}
