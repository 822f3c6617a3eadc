import { invariant, type JsonSchema } from "@fleet/runtime";
import { DAEMONS } from "./daemon-name.ts";
import { loadDaemonSettings } from "./daemon-settings.ts";
import type { Setting } from "./setting.ts";

/**
 * The JSON schema, draft 7, of a configuration file: what a peel and a master take, as far as a schema can say it. It knows
 * nothing of bounds of durations and of relations between settings; `fleet config check` does.
 */
export async function describeConfigurationFile(): Promise<JsonSchema> {
  const properties: Record<string, JsonSchema> = {};
  for (const name of DAEMONS) {
    const { settings, options } = await loadDaemonSettings(name);
    for (const item of settings.filter(({ environmentOnly }) => !environmentOnly)) {
      const others = properties[item.key];
      const own = { description: describeSetting(item), ...describeValue(item, options[item.option] ?? {}) };
      properties[item.key] = others ? { ...others, description: bothDescriptions(others, own) } : own;
      invariant(item.option in options || item.placeholder === "file", `${item.option} is an option of a ${name}`);
    }
  }
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Configuration file of fleet",
    description: "Settings of a peel or a master, or of both; flags and the environment go before them.",
    type: ["object", "null"],
    additionalProperties: false,
    properties,
  };
}

function describeSetting({ description, defaultText, defaultNote }: Setting): string {
  const inForce = defaultText ?? defaultNote;
  return inForce === undefined ? description : `${description} (default: ${inForce})`;
}

function bothDescriptions(a: JsonSchema, b: JsonSchema): string {
  const [first, second] = [String(a["description"]), String(b["description"])];
  return first === second ? first : `${first}; of a master: ${second}`;
}

/** A key without a value is as good as none. */
const NOTHING: JsonSchema = { type: "null" };

/** What may be written for a value that `option` describes: the file's scalars are read as they are written. */
function describeValue({ kind }: Setting, option: JsonSchema): JsonSchema {
  switch (kind) {
    case "text":
      return { anyOf: [...describeScalar(option), NOTHING] };
    case "list": {
      const part = { anyOf: describeScalar(option["items"] as JsonSchema) };
      return { anyOf: [{ type: "array", items: part, minItems: 1 }, { type: "string" }, NOTHING] };
    }
    case "map": {
      const entry = { type: "string", pattern: "^[^=]+=" };
      const { propertyNames, additionalProperties } = option;
      return {
        anyOf: [
          {
            type: "object",
            propertyNames,
            additionalProperties: { anyOf: describeScalar(additionalProperties as JsonSchema) },
          },
          { type: "array", items: entry },
          { type: "string", pattern: entry.pattern },
          NOTHING,
        ],
      };
    }
    case "switch":
      return { enum: [true, false, "true", "false", 1, 0, "1", "0", null] };
  }
}

/** A text, and what YAML makes of the same text without quotes where that is something else. */
function describeScalar(option: JsonSchema): JsonSchema[] {
  const { type, pattern, enum: words, minimum, maximum, maxLength } = option;
  if (type === "integer") {
    return [
      { type, minimum, maximum },
      { type: "string", pattern: "^[0-9]+$" },
    ];
  }
  if (words !== undefined) return [{ enum: words }];
  const text = {
    type: "string",
    ...(pattern !== undefined && { pattern }),
    ...(maxLength !== undefined && { maxLength }),
  };
  const takes = (sample: string) => pattern === undefined || new RegExp(String(pattern)).test(sample);
  const unquoted = [
    ...(takes("7") ? ["integer"] : []),
    ...(takes("1.5") ? ["number"] : []),
    ...(takes("true") ? ["boolean"] : []),
  ];
  return [text, ...(unquoted.length > 0 ? [{ type: unquoted }] : [])];
}
