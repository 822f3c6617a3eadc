import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isSafeHop } from "./download.ts";

const cases: readonly (readonly [first: string, next: string, safe: boolean])[] = [
  ["https://github.com/a", "https://github.com/a", true],
  ["https://github.com/a", "https://release-assets.githubusercontent.com/b", true],
  ["https://github.com/a", "http://github.com/a", false],
  ["https://github.com/a", "http://127.0.0.1/a", false],
  ["https://github.com/a", "file:///etc/passwd", false],
  ["http://mirror.example/a", "http://mirror.example/a", false],
  ["http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a", true],
  ["http://localhost:8080/a", "http://[::1]:8081/b", true],
  ["http://127.0.0.1:8080/a", "https://github.com/a", true],
  ["http://127.0.0.1:8080/a", "http://mirror.example/a", false],
  ["http://127.0.0.1.evil.example/a", "http://127.0.0.1.evil.example/a", false],
];

describe("download", () => {
  for (const [first, next, safe] of cases) {
    it(`that began at ${first} ${safe ? "may" : "may not"} go on at ${next}`, () => {
      assert.equal(isSafeHop(new URL(first), new URL(next)), safe);
    });
  }
});
