import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isClusterFormed } from "./cluster.ts";

const current = { current: true, offline: false };
const follower = { meta_cluster: { leader: "fleet-1", cluster_size: 3 } };
const leader = { meta_cluster: { leader: "fleet-1", cluster_size: 3, replicas: [current, current] } };

describe("cluster", () => {
  it("is formed when all agree on a leader who sees every other server up to date", () => {
    assert.equal(isClusterFormed([follower, leader, follower]), true);
  });

  it("is not formed while a server does not answer", () => {
    assert.equal(isClusterFormed([leader, follower, undefined]), false);
  });

  it("is not formed while a server knows no leader, or another one", () => {
    assert.equal(isClusterFormed([leader, follower, { meta_cluster: { cluster_size: 3 } }]), false);
    assert.equal(isClusterFormed([leader, follower, { meta_cluster: { leader: "fleet-2", cluster_size: 3 } }]), false);
  });

  it("is not formed while a server knows fewer servers", () => {
    assert.equal(isClusterFormed([leader, follower, { meta_cluster: { leader: "fleet-1", cluster_size: 2 } }]), false);
  });

  it("is not formed while the leader waits for a server", () => {
    for (const behind of [{ current: false }, { current: true, offline: true }]) {
      const waiting = { meta_cluster: { leader: "fleet-1", cluster_size: 3, replicas: [current, behind] } };
      assert.equal(isClusterFormed([waiting, follower, follower]), false);
    }
  });
});
