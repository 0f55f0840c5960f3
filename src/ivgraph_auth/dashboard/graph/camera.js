// What of the plane is seen: the point in the middle of the view, and how many CSS pixels one unit takes.

const CLOSEST = 8;
const MARGIN = 60;

export class Camera {
  x = 0;
  y = 0;
  scale = 1;
  width = 1;
  height = 1;
  #farthest = 1;

  /** @type {(dx: number, dy: number) => void} by pixels */
  pan = (dx, dy) => void Object.assign(this, { x: this.x - dx / this.scale, y: this.y - dy / this.scale });

  /** @type {(factor: number, x?: number, y?: number) => void} what is seen at pixel (x, y) stays there */
  zoom = (factor, x = this.width / 2, y = this.height / 2) => {
    const before = this.scale;
    this.scale = Math.min(Math.max(before * factor, this.#farthest), CLOSEST);
    this.x += (x - this.width / 2) * (1 / before - 1 / this.scale);
    this.y += (y - this.height / 2) * (1 / before - 1 / this.scale);
  };

  /** @param {ArrayLike<number> & Iterable<number>} positions to be seen all at once */
  fit(positions) {
    const [low, high] = [[Infinity, Infinity], [-Infinity, -Infinity]];
    let axis = 1;
    for (const value of positions) {
      axis = 1 - axis;
      low[axis] = Math.min(low[axis] ?? 0, value);
      high[axis] = Math.max(high[axis] ?? 0, value);
    }
    const [[left = 0, top = 0], [right = 0, bottom = 0]] = [low, high];
    [this.x, this.y] = [(left + right) / 2, (top + bottom) / 2];
    this.scale = Math.min((this.width - MARGIN) / (right - left + MARGIN), (this.height - MARGIN) / (bottom - top + MARGIN), 1.6);
    this.#farthest = Math.min(this.#farthest, this.scale / 2);
  }

  /** @type {(x: number, y: number) => [x: number, y: number]} in pixels from the upper left corner */
  toView = (x, y) => [(x - this.x) * this.scale + this.width / 2, (y - this.y) * this.scale + this.height / 2];
}
