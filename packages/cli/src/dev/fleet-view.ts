import type { ListedPeel } from "@fleet/presence";
import { createLogUpdate } from "log-update";
import pc from "picocolors";
import { renderPeelTable } from "../peel-table.ts";

/** Room for `master-12`. */
const NAME_WIDTH = 9;

/** Shows a person how the fleet is. */
export interface FleetView {
  /** Shows the peels as of now. `complete`: every peel expected has been seen online. */
  show(peels: readonly ListedPeel[], complete: boolean): void;
  /** A line that stays. */
  note(text: string): void;
  /** A line of a process's log. */
  log(name: string, line: string): void;
  /** Leaves the last picture on the screen. */
  end(): void;
}

/** The view that fits `stream`: a picture cannot be kept in place between the lines of a log. */
export function createFleetView(stream: NodeJS.WriteStream, verbose: boolean): FleetView {
  const canRedraw = stream.isTTY === true && process.env["TERM"] !== "dumb" && !verbose;
  return canRedraw ? createTerminalView(stream) : createLineView(stream);
}

/** On a terminal: a table that is redrawn in place. */
function createTerminalView(stream: NodeJS.WriteStream): FleetView {
  const update = createLogUpdate(stream);
  let picture = "";
  return {
    show(peels, complete) {
      picture = `\n${renderPeelTable(peels)}\n${complete ? "" : "\nwaiting for the fleet to be complete …\n"}`;
      update(picture);
    },
    note(text) {
      update.clear();
      stream.write(`${text}\n`);
      if (picture) update(picture);
    },
    log: () => {},
    end() {
      update.done();
      picture = "";
    },
  };
}

/** Elsewhere: one table when the fleet is complete, then a line for each change. */
function createLineView(stream: NodeJS.WritableStream): FleetView {
  const colour = createNameColours();
  let shown: Map<string, boolean> | undefined;
  return {
    show(peels, complete) {
      if (!shown && !complete) return;
      if (!shown) stream.write(`\n${renderPeelTable(peels)}\n\n`);
      const now = new Map(peels.map((peel) => [peel.id, peel.online === true]));
      if (shown) {
        for (const [id, online] of now) {
          if (online !== shown.get(id)) stream.write(`${id} is ${online ? "online" : "offline"}\n`);
        }
      }
      shown = now;
    },
    note: (text) => void stream.write(`${text}\n`),
    log: (name, line) => void stream.write(`${colour(name)} ${line}\n`),
    end: () => {},
  };
}

const COLOURS = [pc.cyan, pc.green, pc.yellow, pc.magenta, pc.blue, pc.red];

/** Gives each name a colour and one width, so that the lines of several processes can be told apart. */
function createNameColours(): (name: string) => string {
  const paints = new Map<string, (text: string) => string>();
  return (name) => {
    const paint = paints.get(name) ?? COLOURS[paints.size % COLOURS.length] ?? String;
    paints.set(name, paint);
    return paint(`${name.padEnd(NAME_WIDTH)} |`);
  };
}
