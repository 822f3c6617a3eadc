/** `nats-url` as a member of an options object: `natsUrl`. */
export function camelCase(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `nats-url` as an environment variable: `FLEET_NATS_URL`. */
export function environmentName(name: string): string {
  return `FLEET_${fileKey(name).toUpperCase()}`;
}

/** `nats-url` as a key of the configuration file: `nats_url`. */
export function fileKey(name: string): string {
  return name.replaceAll("-", "_");
}
