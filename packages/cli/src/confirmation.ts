import { createInterface } from "node:readline/promises";

/** Where a question is asked and answered. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** Asks until Enter is pressed. Only y and yes confirm; Ctrl-C and Ctrl-D do not. */
export async function confirm(question: string, { input, output }: Terminal): Promise<boolean> {
  const prompt = createInterface({ input, output });
  try {
    return /^y(es)?$/i.test((await prompt.question(`${question} [y/N] `)).trim());
  } catch (error) {
    if (!(error instanceof Error && error.name === "AbortError")) throw error;
    output.write("\n");
    return false;
  } finally {
    prompt.close();
  }
}
