import { isOnline, type ListedPeel } from "@fleet/presence";
import pc from "picocolors";
import type { Environment } from "../configuration.ts";
import { renderPeelTable } from "../peel-table.ts";
import { fleetPicture } from "./fleet-picture.ts";
import { createLivePicture, type Terminal } from "./live-picture.ts";

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
  /** Leaves the last picture on the screen; from now on only notes are shown. */
  end(): void;
}

/** What a view writes to: a terminal, a file or a pipe. */
export interface ViewStream extends Terminal {
  readonly isTTY?: boolean;
  readonly rows?: number;
}

/** The view that fits `stream`: a picture cannot be kept in place between the lines of a log. */
export function createFleetView(stream: ViewStream, verbose: boolean, environment: Environment): FleetView {
  const capable = stream.isTTY === true && environment["TERM"] !== "dumb";
  // A terminal that does not know its size cannot be drawn on.
  if (capable && !verbose && stream.columns && stream.rows) return createTerminalView(stream);
  return createLineView(stream, capable && !environment["NO_COLOR"]);
}

/** On a terminal: a table that is redrawn in place. */
function createTerminalView(stream: ViewStream): FleetView {
  let picture = createLivePicture(stream);
  let lines: readonly string[] = [];
  let ended = false;
  return {
    show(peels, complete) {
      if (ended) return;
      lines = fleetPicture(peels, complete, { columns: stream.columns || 80, rows: stream.rows || 24 });
      picture.draw(lines);
    },
    note: (text) => picture.draw(lines, text),
    log: () => {},
    end() {
      // Another begins below it.
      picture = createLivePicture(stream);
      lines = [];
      ended = true;
    },
  };
}

/** Elsewhere: one table when the fleet is complete, then a line for each change. */
function createLineView(stream: ViewStream, colourful: boolean): FleetView {
  const paint = createNamePainter(colourful);
  let shown: Map<string, boolean> | undefined;
  let ended = false;
  return {
    show(peels, complete) {
      if (ended || (!shown && !complete)) return;
      if (!shown) stream.write(`\n${renderPeelTable(peels)}\n\n`);
      const now = new Map(peels.map((peel) => [peel.id, isOnline(peel.state) === true]));
      if (shown) {
        for (const id of new Set([...shown.keys(), ...now.keys()])) {
          const online = now.get(id) ?? false;
          if (online !== (shown.get(id) ?? false)) stream.write(`${id} is ${online ? "online" : "offline"}\n`);
        }
      }
      shown = now;
    },
    note: (text) => void stream.write(`${text}\n`),
    log: (name, line) => void stream.write(`${paint(name)} ${line}\n`),
    end() {
      ended = true;
    },
  };
}

/** Gives each name a colour and one width, so that the lines of several processes can be told apart. */
function createNamePainter(colourful: boolean): (name: string) => string {
  const colours = pc.createColors(colourful);
  const palette = [colours.cyan, colours.green, colours.yellow, colours.magenta, colours.blue, colours.red];
  const paints = new Map<string, (text: string) => string>();
  return (name) => {
    const paint = paints.get(name) ?? palette[paints.size % palette.length] ?? String;
    paints.set(name, paint);
    return paint(`${name.padEnd(NAME_WIDTH)} |`);
  };
}
