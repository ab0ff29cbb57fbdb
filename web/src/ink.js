// @ts-check
// Takes ink before the light page's program is there: the same functions as far as the pad needs them, without any network.
// The program then gets every stroke of it, with its history.

const SIZE = 280;
const WIDTH = 20;
const BLANK = new Array(28 * 28).fill(0);

export class Ink {
  /** @type {{tool: string, width: number, points: number[][]}[]} */
  #strokes = [];
  /** How many of them are not undone. */
  #present = 0;
  #began = 0;
  #isDown = false;

  #point(x, y) {
    return [x * SIZE, y * SIZE, performance.now() - this.#began];
  }

  begin(x, y, erases) {
    if (this.#present === 0) this.#began = performance.now();
    this.#strokes.splice(this.#present, Infinity, { tool: erases ? "erase" : "draw", width: WIDTH, points: [this.#point(x, y)] });
    this.#present += 1;
    this.#isDown = true;
  }

  extend(x, y) {
    if (this.#isDown) this.#strokes[this.#present - 1].points.push(this.#point(x, y));
  }

  end() {
    this.#isDown = false;
  }

  act(name) {
    this.end();
    if (name === "undo") this.#present = Math.max(0, this.#present - 1);
    if (name === "redo") this.#present = Math.min(this.#strokes.length, this.#present + 1);
  }

  /** What else there is to touch waits for the program. */
  set_width() {}
  load() {}
  free() {}

  recording() {
    return JSON.stringify({ version: 1, size: SIZE, strokes: this.#strokes.slice(0, this.#present) });
  }

  read() {
    return '{"models": []}';
  }

  state() {
    return JSON.stringify({
      preparation: "prepared",
      pen_down: this.#isDown,
      strokes: this.#present,
      image: BLANK,
      models: [],
      headline: null,
      tools: {
        tool: "draw",
        undo: this.#present > 0,
        redo: this.#present < this.#strokes.length,
        clear: false,
        brush: { width: WIDTH, least: WIDTH, most: WIDTH, share_of_pad: WIDTH / SIZE },
      },
    });
  }

  measure() {
    return "{}";
  }
}
