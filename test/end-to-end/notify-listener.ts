import { spawn, spawnSync } from "node:child_process";

/** What systemd has and Node.js has not: a Unix datagram socket. It closes the descriptors that come with a message. */
const LISTENER = `
import array, json, os, socket, sys
name = sys.argv[1]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind("\\0" + name[1:] if name.startswith("@") else name)
print("[]", flush=True)
while True:
    text, ancillary, _, _ = listener.recvmsg(65536, socket.CMSG_SPACE(64))
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors = array.array("i")
            descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
            for descriptor in descriptors:
                os.close(descriptor)
    print(json.dumps(text.decode().splitlines()), flush=True)
`;

/** What a test of this kind needs and this machine lacks; `undefined` if it has all. */
export function missingForNotify(): string | undefined {
  const missing = ["systemd-notify", "python3"].filter((program) => spawnSync(program, ["--version"]).status !== 0);
  return missing.length > 0 ? `not on this machine: ${missing.join(", ")}` : undefined;
}

/** A socket that listens as systemd does. */
export interface NotifyListener extends AsyncDisposable {
  /** Assignments received so far, in order. */
  readonly told: readonly string[];
}

/** Listens on `socket`, a path or `@` and a name. */
export async function listenForNotify(socket: string): Promise<NotifyListener> {
  const child = spawn("python3", ["-c", LISTENER, socket], { stdio: ["ignore", "pipe", "inherit"] });
  const told: string[] = [];
  let unread = "";
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await new Promise<void>((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (unread + chunk).split("\n");
      unread = lines.pop() ?? "";
      for (const line of lines) told.push(...(JSON.parse(line) as string[]));
      resolve();
    });
    void ended.then(resolve);
  });
  return {
    told,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
