import { messageOf } from "@fleet/runtime";
import type { Node } from "yaml";
import { loadYaml } from "./yaml.ts";

/** Something wrong with a text, and where. */
export interface TextProblem {
  /** From 1. */
  readonly line: number | undefined;
  readonly message: string;
}

/** A configuration file's text, read. */
export interface ConfigurationText {
  /** By key. Scalars are text as written, so that a label `1.10` stays one. */
  readonly content: Readonly<Record<string, unknown>>;
  /** Why it is no YAML, or no map; empty when it is. */
  readonly problems: readonly TextProblem[];
  /** The line, from 1, of a key, or of a member of its value: `["label", "role"]`; of the nearest there is. */
  lineOf(path: readonly string[]): number | undefined;
}

/** Reads YAML with settings as a map; a file with nothing but comments is an empty one. */
export function readConfigurationText(text: string): ConfigurationText {
  const { LineCounter, parseDocument } = loadYaml();
  const lines = new LineCounter();
  // Everything but null is read as text.
  const document = parseDocument(text, {
    schema: "failsafe",
    customTags: ["null"],
    logLevel: "error",
    // They show the text around the place, in which a password may stand.
    prettyErrors: false,
    lineCounter: lines,
  });
  const lineAt = (offset: number | undefined) => (offset === undefined ? undefined : lines.linePos(offset).line);
  // A warning is of a tag, whose value is none of the text's.
  const problems: TextProblem[] = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    line: lineAt(pos[0]),
    message: code === "MULTIPLE_DOCS" ? "more than one document; write all settings in one" : withoutQuote(message),
  }));
  let content: unknown = {};
  if (problems.length === 0) {
    try {
      content = document.toJS() ?? {};
    } catch (error) {
      problems.push({ line: undefined, message: withoutQuote(messageOf(error)) });
    }
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    problems.push({
      line: undefined,
      message: 'a map of settings is wanted, such as "nats_url: nats://127.0.0.1:4222"',
    });
    content = {};
  }
  return {
    content: content as Record<string, unknown>,
    problems,
    lineOf: (path) => lineAt(offsetOf(document.contents, path)),
  };
}

/** A parser's message up to where it repeats the text: `Unresolved tag: !…`; a password may begin with any character. */
function withoutQuote(message: string): string {
  return message.replace(/((?<=[\w)]): | \\).*$/s, "");
}

/** Where the last part of `path` that there is begins. */
function offsetOf(root: Node | null, path: readonly string[]): number | undefined {
  const { isMap, isNode, isScalar, isSeq } = loadYaml();
  let offset: number | undefined;
  let node: unknown = root;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
      if (!pair) break;
      if (isNode(pair.key)) offset = pair.key.range?.[0];
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      if (isNode(node)) offset = node.range?.[0];
    } else break;
  }
  return offset;
}
