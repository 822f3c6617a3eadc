import { createOperationsApp, type OperationsAppOptions } from "../operations-app.ts";

export interface Asking {
  readonly method?: string;
  /** By lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An app that is asked without a wire. */
export interface AskedApp {
  request(url: string, asking?: Asking): Promise<Response>;
}

export function createAskedApp(options: OperationsAppOptions): AskedApp {
  const app = createOperationsApp(options);
  return {
    async request(url, { method = "GET", headers = {}, body: sent = "" } = {}) {
      const readText = async (maxBytes: number) => (Buffer.byteLength(sent) <= maxBytes ? sent : undefined);
      const { body, ...rest } = await app({ method, url, headers, readText });
      return new Response(body, rest);
    },
  };
}
