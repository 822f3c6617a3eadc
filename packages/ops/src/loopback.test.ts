import assert from "node:assert/strict";
import { test } from "node:test";
import { isLoopbackAddress, isLoopbackHost } from "./loopback.ts";

test("loopback addresses are 127/8 and ::1, also when mapped into IPv6", () => {
  for (const address of ["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"]) {
    assert.equal(isLoopbackAddress(address), true, address);
  }
  for (const address of ["0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "fe80::1", "::ffff:10.0.0.1", "localhost", ""]) {
    assert.equal(isLoopbackAddress(address), false, address);
  }
});

test("a Host header is loopback by name or address, with or without a port", () => {
  const own = ["localhost", "LOCALHOST:9090", "peel.localhost:9090", "127.0.0.1", "127.0.0.1:9090", "[::1]:9090"];
  for (const host of own) assert.equal(isLoopbackHost(host), true, host);
  const foreign = [
    "evil.example",
    "evil.example:9090",
    "localhost.evil.example",
    "notlocalhost",
    "127.0.0.1.evil.example",
    "localhost@evil.example",
    "10.0.0.1:9090",
    "[fe80::1]:9090",
    "0.0.0.0:9090",
    "a b",
    "",
  ];
  for (const host of foreign) assert.equal(isLoopbackHost(host), false, host);
});
