// Makes a checkout ready to run: installs the dependencies when they are missing or not those of the lock file,
// then builds. Plain Node.js, because it runs before anything is installed.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const stampFile = join(root, "node_modules", ".fleet-installed");

/** What the installed dependencies were made from: another lock file, Node.js or platform asks for a new install. */
function wantedStamp() {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  return `${lock} node-${process.versions.modules} ${process.platform}-${process.arch}\n`;
}

/** Runs a command, saying what is being waited for every ten seconds; ends this process if it fails. */
async function step(what, command, args) {
  const started = Date.now();
  console.error(`${what} …`);
  const ticker = setInterval(() => console.error(`  ${what}: ${Math.round((Date.now() - started) / 1000)}s`), 10_000);
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  const code = await new Promise((resolve) => {
    child.once("error", (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(1);
    });
    child.once("exit", (exitCode) => resolve(exitCode ?? 1));
  });
  clearInterval(ticker);
  if (code !== 0) {
    console.error(`${what} failed: \`${command} ${args.join(" ")}\` ended with exit code ${code}`);
    process.exit(1);
  }
}

const wanted = wantedStamp();
if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== wanted) {
  await step("Installing dependencies", "npm", ["ci", "--loglevel", "error"]);
  writeFileSync(stampFile, wanted);
}
await step("Building", process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b"]);
