/** Time past the TTL by which the broker has dropped a key: servers are up to 320 ms late. */
export const BROKER_LATE_MS = 400;
