import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { renderServerConfig } from "./server-config.ts";

const server = { name: "one", clientPort: 4222, monitorPort: 8222, storeDir: "/tmp/a", portsFolder: "/tmp/b" };

describe("server configuration", () => {
  it("has JetStream on and everything on loopback", () => {
    assert.equal(
      renderServerConfig(server),
      [
        'server_name: "one"',
        'listen: "127.0.0.1:4222"',
        'http: "127.0.0.1:8222"',
        'ports_file_dir: "/tmp/b"',
        'jetstream { store_dir: "/tmp/a" }',
        "",
      ].join("\n"),
    );
  });

  it("quotes what could be taken for something else", () => {
    const config = renderServerConfig({ ...server, name: 'a "b" # c', storeDir: "/tmp/with space\\" });
    assert.match(config, /^server_name: "a \\"b\\" # c"$/m);
    assert.match(config, /store_dir: "\/tmp\/with space\\\\"/);
  });

  it("names the routes of a cluster", () => {
    const cluster = { name: "three", routePort: 6222, routePorts: [6222, 6223] };
    assert.match(
      renderServerConfig({ ...server, cluster }),
      /^cluster { name: "three", listen: "127\.0\.0\.1:6222", routes: \["nats:\/\/127\.0\.0\.1:6222", "nats:\/\/127\.0\.0\.1:6223"\] }$/m,
    );
  });

  it("puts the caller's settings last, where they win", () => {
    assert.match(renderServerConfig({ ...server, extra: "max_payload: 1MB" }), /\nmax_payload: 1MB\n$/);
  });
});
