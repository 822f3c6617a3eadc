export async function runDev(_flags: unknown, _version: string): Promise<void> {}
