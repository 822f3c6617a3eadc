import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { Ajv } from "ajv";
import { parse } from "yaml";

const require = createRequire(import.meta.url);
const root = join(import.meta.dirname, "..", "..", "..");

interface Service {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly deploy?: { readonly replicas?: number };
}

async function readCompose(): Promise<{ services: Record<string, Service> }> {
  return parse(await readFile(join(root, "docker-compose.yml"), "utf8"), { merge: true });
}

/** The schema of the compose specification, as the linter dclint ships it. */
async function readSchema(): Promise<object> {
  const file = join(dirname(require.resolve("dclint/package.json")), "schemas", "compose.schema.json");
  // Its `$schema` is draft 7 under an address that validators do not know it by; draft 7 is their default.
  const { $schema: _, ...schema } = JSON.parse(await readFile(file, "utf8"));
  return schema;
}

describe("docker-compose.yml", () => {
  test("is valid by the compose specification's schema", async () => {
    const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });
    const validate = ajv.compile(await readSchema());
    validate(await readCompose());
    assert.deepEqual(validate.errors ?? [], []);
  });

  test("the schema refuses a file with a misspelt setting", async () => {
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const compose = await readCompose();
    const broken = { ...compose, services: { ...compose.services, nats: { image: "nats", comand: [] } } };
    assert.equal(ajv.compile(await readSchema())(broken), false);
  });

  test("runs one NATS 2.14 with JetStream, two masters and three peels", async () => {
    const { services } = await readCompose();
    const running = (role: string) =>
      Object.values(services)
        .filter(({ command }) => command?.[0] === role)
        .reduce((sum, { deploy }) => sum + (deploy?.replicas ?? 1), 0);
    assert.match(services["nats"]?.image ?? "", /^nats:2\.14\b/);
    assert.ok(services["nats"]?.command?.includes("--jetstream"));
    assert.equal(running("master"), 2);
    assert.equal(running("peel"), 3);
  });
});
