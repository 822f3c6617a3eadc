import { PARTITION_MAX } from "@fleet/wire";
import * as z from "zod";

const RANGE = `use 0 to ${PARTITION_MAX}`;

/** The schema of an option that names a partition of the fleet, counted from 0; absent: the fleet is not split. */
export function partitionOption(): z.ZodType<number | undefined> {
  const partition = z.coerce
    .number({ error: `not a number; ${RANGE}` })
    .int({ error: `not a whole number; ${RANGE}` })
    .min(0, { error: `too small; ${RANGE}` })
    .max(PARTITION_MAX, { error: `too large; ${RANGE}` })
    .optional();
  // Of an empty text a number makes 0, and 0 is a partition.
  return z
    .preprocess((given) => (given === "" ? Number.NaN : given), partition)
    .meta({ type: "integer", minimum: 0, maximum: PARTITION_MAX });
}
