import { invariant } from "@fleet/runtime";

const KEY = /^[-_=/a-zA-Z0-9]+(\.[-_=/a-zA-Z0-9]+)*$/;

/** A key becomes part of a subject, where a space or line end would make another command of what follows. */
export function assertKey(key: string): void {
  invariant(KEY.test(key), `${JSON.stringify(key)} is a bucket key`);
}
