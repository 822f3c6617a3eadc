import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidOptionsError, resolveOptions } from "@fleet/runtime";
import * as z from "zod";
import { formatListenAddress, listenAddressOption, parseListenAddress } from "./listen-address.ts";

test("an address is a host and a port, and is written back as it was read", () => {
  const table: [string, string, number][] = [
    ["127.0.0.1:9090", "127.0.0.1", 9090],
    ["127.0.0.1:0", "127.0.0.1", 0],
    ["0.0.0.0:65535", "0.0.0.0", 65535],
    ["[::1]:9091", "::1", 9091],
    ["[::]:9091", "::", 9091],
    ["localhost:9090", "localhost", 9090],
    ["web-01.example.com:80", "web-01.example.com", 80],
    [":9090", "", 9090],
  ];
  for (const [text, host, port] of table) {
    assert.deepEqual(parseListenAddress(text), { host, port }, text);
    assert.equal(formatListenAddress({ host, port }), text);
  }
});

test("an address that cannot be used says what is wrong and what would be right", () => {
  const table: [string, RegExp][] = [
    ["", /has no port; write host:port, as in 127\.0\.0\.1:9090/],
    ["9090", /has no port; write host:port/],
    ["127.0.0.1", /has no port; write host:port, as in 127\.0\.0\.1:9090/],
    ["::1", /has no port, or no brackets around its address; write as in \[::1\]:9090/],
    ["[::1]", /has no port; write host:port/],
    ["::1:9090", /has no port, or no brackets around its address/],
    ["fe80::x:9090", /needs brackets, as in \[::1\]:9090/],
    ["[::g]:9090", /"::g" is not an IPv6 address/],
    ["127.0.0.1:", /"" is not a port; it is a number from 0 to 65535/],
    ["127.0.0.1:http", /"http" is not a port/],
    ["127.0.0.1:65536", /"65536" is not a port/],
    ["127.0.0.1:-1", /"-1" is not a port/],
    ["127.0.0.256:9090", /"127\.0\.0\.256" is neither an IP address nor a host name/],
    ["127.1:9090", /"127\.1" is neither/],
    ["my host:9090", /"my host" is neither/],
    ["http://127.0.0.1:9090", /leave out the scheme and the path/],
  ];
  for (const [text, message] of table) {
    assert.throws(() => parseListenAddress(text, "healthAddr"), { code: "INVALID_OPTIONS", message }, text);
  }
});

test("the option schema gives the same addresses and reports the same problems under its own name", () => {
  const schema = z.object({ healthAddr: listenAddressOption() });
  assert.deepEqual(resolveOptions(schema, { healthAddr: ":0" }), { healthAddr: { host: "", port: 0 } });
  assert.throws(
    () => resolveOptions(schema, { healthAddr: "9090" }),
    (error) => error instanceof InvalidOptionsError && /has no port/.test(error.problems[0]?.message ?? ""),
  );
});
