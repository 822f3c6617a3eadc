import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ListedPeel } from "@fleet/presence";
import { createListedPeel } from "@fleet/presence/testing";
import { renderPeelTable } from "../peel-table.ts";
import { createScreen } from "../testing/screen.ts";
import { createFleetView, type FleetView, type ViewStream } from "./fleet-view.ts";

function peel(id: string, online: boolean): ListedPeel {
  const state = online ? "online" : "offline";
  return createListedPeel({ id, os: "linux", arch: "amd64", version: "0.1.0", state });
}

const A = peel("a", true);
const B = peel("b", true);
const B_AWAY = peel("b", false);

/** A stream that keeps what is written, in lines. */
function record(stream: Partial<ViewStream> = {}): ViewStream & { readonly lines: readonly string[] } {
  let text = "";
  return {
    ...stream,
    write(part) {
      text += part;
    },
    get lines() {
      return text.split("\n").slice(0, -1);
    },
  };
}

/** The lines that a view adds to what it has written. */
function added(stream: { readonly lines: readonly string[] }, act: () => void): readonly string[] {
  const before = stream.lines.length;
  act();
  return stream.lines.slice(before);
}

describe("the view on a file or a pipe", () => {
  test("shows nothing until the fleet is complete, and then one table", () => {
    const stream = record();
    const view = createFleetView(stream, false, {});
    view.show([A], false);
    assert.deepEqual(stream.lines, []);
    view.show([A, B], true);
    assert.deepEqual(stream.lines, ["", ...renderPeelTable([A, B]).split("\n"), ""]);
    view.show([A, B], true);
    assert.equal(stream.lines.length, 5);
  });

  test("has one line for each change after that", () => {
    const stream = record();
    const view = createFleetView(stream, false, {});
    view.show([A, B], true);
    assert.deepEqual(
      added(stream, () => view.show([A, B_AWAY], true)),
      ["b is offline"],
    );
    assert.deepEqual(
      added(stream, () => view.show([A, B_AWAY], true)),
      [],
    );
    assert.deepEqual(
      added(stream, () => view.show([B], true)),
      ["a is offline", "b is online"],
    );
    assert.deepEqual(
      added(stream, () => view.show([B, peel("new", true), peel("known", false)], true)),
      ["new is online"],
    );
  });

  test("keeps notes and logs apart by a prefix, without colour", () => {
    const stream = record();
    const view = createFleetView(stream, true, { FORCE_COLOR: "1", CI: "true" });
    view.note("a note");
    view.log("peel-1", "a line");
    view.log("master-1", "a line");
    assert.deepEqual(stream.lines, ["a note", "peel-1    | a line", "master-1  | a line"]);
  });

  test("says nothing of the peels once it has ended, but still takes notes", () => {
    const stream = record();
    const view = createFleetView(stream, false, {});
    view.show([A, B], true);
    view.end();
    assert.deepEqual(
      added(stream, () => {
        view.show([A, B_AWAY], true);
        view.note("stopping …");
      }),
      ["stopping …"],
    );
  });
});

describe("the view on a terminal", () => {
  const start = (columns: number, rows: number) => {
    const screen = createScreen({ columns, rows });
    return { screen, view: createFleetView(screen, false, { TERM: "xterm" }) };
  };

  test("keeps the table in place below the notes", () => {
    const { screen, view } = start(80, 24);
    view.note("nats  nats://127.0.0.1:4222");
    view.show([A], false);
    view.show([A, B], false);
    view.show([A, B], true);
    view.note("b was ended by SIGKILL");
    view.show([A, B_AWAY], true);
    view.log("a", "not shown");
    assert.deepEqual(screen.text, [
      "nats  nats://127.0.0.1:4222",
      "b was ended by SIGKILL",
      "",
      ...renderPeelTable([A, B_AWAY]).split("\n"),
    ]);
  });

  test("is not garbled where the terminal is narrower and shorter than what there is to show", () => {
    const { screen, view } = start(20, 8);
    const many = Array.from({ length: 12 }, (_, index) => peel(`peel-${index}`, true));
    for (let count = 0; count <= 12; count += 1) view.show(many.slice(0, count), count === 12);
    view.note("a note that has more to say than fits");
    view.show(many, true);
    assert.deepEqual(screen.text, [
      "a note that has more",
      " to say than fits",
      "",
      "PEEL ID  OS     ARC…",
      "peel-0   linux  amd…",
      "peel-1   linux  amd…",
      "peel-2   linux  amd…",
      "peel-3   linux  amd…",
      "… and 8 more",
    ]);
  });

  test("leaves its last picture when it ends, with nothing of the key that ended it", () => {
    const { screen, view } = start(80, 24);
    view.show([A], true);
    screen.write("^C");
    view.end();
    view.note("stopping …");
    view.show([A, B], true);
    assert.deepEqual(screen.text, ["", ...renderPeelTable([A]).split("\n"), "stopping …"]);
  });
});

describe("the choice of view", () => {
  const terminal = { isTTY: true, columns: 80, rows: 24 };
  const draws = (stream: Partial<ViewStream>, verbose: boolean, environment: Record<string, string>) => {
    const recorded = record(stream);
    const view: FleetView = createFleetView(recorded, verbose, environment);
    view.show([A], false);
    return recorded.lines.length > 0;
  };

  test("is the picture on a terminal that can show it, and lines everywhere else", () => {
    assert.equal(draws(terminal, false, {}), true);
    assert.equal(draws(terminal, false, { TERM: "dumb" }), false);
    assert.equal(draws(terminal, true, {}), false);
    assert.equal(draws({ ...terminal, isTTY: false }, false, {}), false);
    assert.equal(draws({ ...terminal, columns: 0, rows: 0 }, false, {}), false);
  });

  test("colours the names in a log on a terminal only, unless NO_COLOR says not to", () => {
    const prefix = (stream: Partial<ViewStream>, environment: Record<string, string>) => {
      const recorded = record(stream);
      const view = createFleetView(recorded, true, environment);
      view.log("a", "x");
      view.log("b", "x");
      return recorded.lines;
    };
    assert.deepEqual(prefix(terminal, {}), ["\u001b[36ma         |\u001b[39m x", "\u001b[32mb         |\u001b[39m x"]);
    const plain = ["a         | x", "b         | x"];
    assert.deepEqual(prefix(terminal, { NO_COLOR: "1" }), plain);
    assert.deepEqual(prefix(terminal, { TERM: "dumb" }), plain);
    assert.deepEqual(prefix({}, {}), plain);
  });
});
