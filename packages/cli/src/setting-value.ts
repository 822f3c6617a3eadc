import type { Setting } from "./setting.ts";

/** A value in the form of its setting, or what is wrong with it. */
export type ShapedValue =
  | { readonly value: unknown; readonly problem?: never }
  | { readonly value?: never; readonly problem: string };

/** Brings a raw value into the setting's form; durations and numbers stay as written. */
export function shapeValue({ kind, placeholder }: Setting, raw: unknown): ShapedValue {
  switch (kind) {
    case "text":
      return typeof raw === "string" ? { value: raw } : { problem: `a single value is wanted, a ${placeholder}` };
    case "list":
      return shapeList(raw);
    case "map":
      return shapeMap(raw, placeholder);
    case "switch":
      if (raw === true || raw === "true" || raw === "1") return { value: true };
      if (raw === false || raw === "false" || raw === "0") return { value: false };
      return { problem: `${quote(raw)} is not a yes or no; write true or false` };
  }
}

function shapeList(raw: unknown): ShapedValue {
  const parts = Array.isArray(raw) ? raw : [raw];
  if (!parts.every((part) => typeof part === "string")) return { problem: "a list of texts is wanted" };
  return {
    value: parts
      .flatMap((part) => part.split(","))
      .map((part) => part.trim())
      .filter((part) => part !== ""),
  };
}

function shapeMap(raw: unknown, placeholder: string): ShapedValue {
  const entries: [string, unknown][] = [];
  if (typeof raw === "object" && raw !== null && !Array.isArray(raw)) {
    entries.push(...Object.entries(raw));
  } else {
    for (const part of typeof raw === "string" ? raw.split(",") : Array.isArray(raw) ? raw : [raw]) {
      const equals = typeof part === "string" ? part.indexOf("=") : -1;
      if (equals < 1) return { problem: `${quote(part)} is not of the form ${placeholder}` };
      entries.push([part.slice(0, equals).trim(), part.slice(equals + 1).trim()]);
    }
  }
  const wrong = entries.find(([, value]) => typeof value !== "string");
  if (wrong) return { problem: `the value of "${wrong[0]}" is not a single text` };
  return { value: Object.fromEntries(entries) };
}

function quote(raw: unknown): string {
  return typeof raw === "string" ? `"${raw}"` : JSON.stringify(raw);
}
