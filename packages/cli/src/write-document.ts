import { stringify } from "yaml";

/** Writes a document for programs to standard output. */
export function writeDocument(document: object, format: "json" | "yaml"): void {
  if (format === "json") console.log(JSON.stringify(document, null, 2));
  else process.stdout.write(stringify(document, { aliasDuplicateObjects: false }));
}
