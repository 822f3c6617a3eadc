import * as z from "zod";

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };
const MAX_PER_SECOND = 100_000;

/** A schema for how often something happens: `5`, `5/s`, `30/m`, `0.5/h`; the parsed value is per second. */
export function eventRateOption(): z.ZodType<number, string> {
  return z.string().transform((text, context) => {
    const [, amount, unit = "s"] = /^(\d+(?:\.\d+)?)(?:\/([smh]))?$/.exec(text) ?? [];
    const perSecond = Number(amount) / (UNIT_SECONDS[unit] as number);
    if (amount !== undefined && perSecond <= MAX_PER_SECOND) return perSecond;
    const message =
      amount === undefined
        ? `"${text}" is not a rate; write for example 5/s, 30/m or 2/h`
        : `${text} is more than ${MAX_PER_SECOND}/s`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  }) as unknown as z.ZodType<number, string>;
}
