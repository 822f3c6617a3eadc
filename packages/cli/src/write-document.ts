import { jsonParts } from "./json-parts.ts";
import { loadYaml } from "./yaml.ts";

/** Writes a document for programs to standard output. */
export function writeDocument(document: object, format: "json" | "yaml"): void {
  if (format === "json") console.log(JSON.stringify(document, null, 2));
  else process.stdout.write(loadYaml().stringify(document, { aliasDuplicateObjects: false }));
}

/** The same for one that ends with a list, which may be very long: its members are made as they are written. */
export function writeListDocument(
  head: object,
  { name, members }: { readonly name: string; readonly members: Iterable<object> },
  format: "json" | "yaml",
): void {
  if (format === "yaml") {
    writeDocument({ ...head, [name]: [...members] }, format);
    return;
  }
  for (const part of jsonParts(head, name, members)) process.stdout.write(part);
  process.stdout.write("\n");
}
