// What of the plane is seen: its point in the middle of the view, and how many CSS pixels one unit takes.

/** @import { GraphData } from "../types" */

const CLOSEST = 8;

export class Camera {
  x = 0;
  y = 0;
  scale = 1;
  width = 1;
  height = 1;
  #farthest = 0.01;

  /**
   * @param {number} dx in pixels
   * @param {number} dy
   */
  pan(dx, dy) {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
  }

  /**
   * What is at (x, y), in pixels from the upper left corner, stays there.
   * @param {number} factor
   * @param {number} x
   * @param {number} y
   */
  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const before = this.scale;
    this.scale = Math.min(Math.max(before * factor, this.#farthest), CLOSEST);
    const moved = 1 / before - 1 / this.scale;
    this.x += (x - this.width / 2) * moved;
    this.y += (y - this.height / 2) * moved;
  }

  /** @param {GraphData} graph to be seen whole */
  fit({ positions }) {
    const [low, high] = [[Infinity, Infinity], [-Infinity, -Infinity]];
    positions.forEach((value, index) => {
      low[index % 2] = Math.min(low[index % 2] ?? 0, value);
      high[index % 2] = Math.max(high[index % 2] ?? 0, value);
    });
    const [[left = 0, top = 0], [right = 0, bottom = 0]] = [low, high];
    [this.x, this.y] = [(left + right) / 2, (top + bottom) / 2];
    this.scale = Math.min((this.width - 60) / (right - left + 60), (this.height - 60) / (bottom - top + 60), 1.6);
    this.#farthest = this.scale / 2;
  }

  /**
   * Pixels from the upper left corner.
   * @param {number} x
   * @param {number} y
   * @returns {[x: number, y: number]}
   */
  toView(x, y) {
    return [(x - this.x) * this.scale + this.width / 2, (y - this.y) * this.scale + this.height / 2];
  }
}
