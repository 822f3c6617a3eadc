export { type PrometheusPrograms, resolvePrometheus } from "./prometheus.ts";
export { type RedisProgram, resolveRedis } from "./redis.ts";
export {
  resolveTestServer,
  resolveTestServerVersions,
  startTestCluster,
  startTestServer,
  type TestClusterOptions,
  type TestServerOptions,
  type TestServerVersion,
  testCacheDir,
} from "./test-server.ts";
