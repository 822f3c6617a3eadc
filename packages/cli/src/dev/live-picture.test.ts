import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createScreen } from "../testing/screen.ts";
import { createLivePicture } from "./live-picture.ts";

function draw(size = { columns: 20, rows: 6 }) {
  const screen = createScreen(size);
  const picture = createLivePicture(screen);
  screen.write("before\n");
  return { screen, picture };
}

describe("a live picture", () => {
  test("takes the place of the one before, whether it has more lines, fewer, or lines in between", () => {
    const { screen, picture } = draw();
    const pictures = [["a", "", "waiting"], ["a", "b", "", "waiting"], ["a", "b", "c"], ["longer line"], ["x"], []];
    for (const lines of pictures) {
      picture.draw(lines);
      assert.deepEqual(screen.text, ["before", ...lines]);
    }
  });

  test("stays below the notes", () => {
    const { screen, picture } = draw();
    picture.draw(["1", "2"], "one");
    picture.draw(["1", "2"], "two\nthree");
    picture.draw(["3"]);
    assert.deepEqual(screen.text, ["before", "one", "two", "three", "3"]);
  });

  test("is not garbled by notes wider than the terminal, of every length", () => {
    for (let length = 0; length <= 45; length += 1) {
      const { screen, picture } = draw();
      const note = "n".repeat(length);
      picture.draw(["a".repeat(20), "b".repeat(20)]);
      picture.draw(["c", "d"], note);
      const wrapped = [note.slice(0, 20), note.slice(20, 40), note.slice(40)].filter((part, at) => at === 0 || part);
      assert.deepEqual(screen.text, ["before", ...wrapped, "c", "d"], `a note of ${length}`);
    }
  });

  test("is found again when it has scrolled the screen", () => {
    const { screen, picture } = draw();
    const lines = ["1", "2", "3", "4", "5"];
    for (let round = 0; round < 4; round += 1) picture.draw(lines, `note ${round}`);
    picture.draw(["one"]);
    assert.deepEqual(screen.text, ["before", "note 0", "note 1", "note 2", "note 3", "one"]);
  });

  test("is found again when the terminal was made narrower and has wrapped its lines", () => {
    const { screen, picture } = draw({ columns: 20, rows: 20 });
    picture.draw(["a".repeat(20), "", "b".repeat(11)], "note");
    screen.resize(10);
    picture.draw(["a".repeat(10), "b"]);
    assert.deepEqual(screen.text, ["before", "note", "a".repeat(10), "b"]);
  });

  test("clears away what was typed below it", () => {
    const { screen, picture } = draw();
    picture.draw(["1", "2"]);
    screen.write("^C");
    picture.draw(["3"], "stopping");
    assert.deepEqual(screen.text, ["before", "stopping", "3"]);
  });
});
