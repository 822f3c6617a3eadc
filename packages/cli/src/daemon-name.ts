/** The programs that run for long. */
export const DAEMONS = ["peel", "master"] as const;
export type DaemonName = (typeof DAEMONS)[number];
