import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { alignColumns } from "./columns.ts";

describe("aligned columns", () => {
  test("are as wide as their widest cell, without spaces at the end", () => {
    const text = alignColumns(
      ["ID", "STATE"],
      [
        ["a", "up"],
        ["longer", ""],
      ],
    );
    assert.equal(text, "ID      STATE\na       up\nlonger");
  });

  test("show control characters as a question mark", () => {
    assert.equal(alignColumns(["ID"], [["a\u001b[31mb\nc"]]), "ID\na?[31mb?c");
  });

  test("take 100,000 rows in a moment", () => {
    const rows = Array.from({ length: 100_000 }, (_, index) => [`peel-${index}`, "linux", "amd64", "yes"]);
    const startedMono = performance.now();
    assert.equal(alignColumns(["ID", "OS", "ARCH", "ONLINE"], rows).split("\n").length, 100_001);
    assert.ok(performance.now() - startedMono < 5_000);
  });
});
