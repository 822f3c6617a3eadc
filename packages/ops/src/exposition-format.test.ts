import assert from "node:assert/strict";
import { test } from "node:test";
import { negotiateExposition } from "./exposition-format.ts";

test("a scraper gets OpenMetrics only if it names the version we have, and wants it no less than text", () => {
  const table: [accept: string | undefined, format: "text" | "openmetrics"][] = [
    [undefined, "text"],
    ["", "text"],
    ["*/*", "text"],
    ["text/*", "text"],
    ["text/html,application/xhtml+xml,*/*;q=0.8", "text"],
    ["application/json", "text"],
    ["application/openmetrics-text; version=1.0.0", "openmetrics"],
    ["application/openmetrics-text", "openmetrics"],
    ['APPLICATION/OpenMetrics-Text; Version="1.0.0"', "openmetrics"],
    ["application/openmetrics-text; version=0.0.1", "text"],
    ["application/openmetrics-text; version=2.0.0", "text"],
    // Prometheus 2.42 and 3.
    [
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      "openmetrics",
    ],
    [
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
      "openmetrics",
    ],
    ["text/plain;version=0.0.4;q=0.9,application/openmetrics-text;version=1.0.0;q=0.5", "text"],
    ["application/openmetrics-text;version=1.0.0;q=0", "text"],
    ["application/openmetrics-text;q=0.1,*/*;q=0.9", "text"],
    ["application/openmetrics-text;q=0.1,text/*;q=0.9", "text"],
    ["application/openmetrics-text,*/*", "openmetrics"],
    ["application/*", "text"],
    ["application/openmetrics-text;q=lots, text/plain;q=0.1", "text"],
    [";;;,,,q=1", "text"],
  ];
  for (const [accept, format] of table) assert.equal(negotiateExposition(accept), format, accept);
});
