"use strict";
// Where words stand, so that none covers another: labelling.py's rules, for a map that moves.

const LETTER = 0.54;
const GAP = 5;
const ORIGIN_GAP = 9;
const EDGE = 3;
const SIZES = { origin: 13, place: 12, many: 11, town: 11 };
const APART = { origin: 0, place: 2, many: 3, town: 7 };
const ANCHORS = [
  ["left", 1, 0], ["right", -1, 0], ["left", 0.7, -0.75], ["left", 0.7, 0.75],
  ["right", -0.7, -0.75], ["right", -0.7, 0.75], ["center", 0, -1.1], ["center", 0, 1.1],
];

const meet = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

/** The room that is left on a map. */
class Room {
  constructor(view) {
    this.view = view;
    [this.width, this.height] = view.size();
    this.projection = view.projected();
    this.taken = [[0, this.height - 44, this.width / 3 + 30, this.height]];
  }

  isFree(box, apart = 0) {
    const wide = [box[0] - apart, box[1] - apart, box[2] + apart, box[3] + apart];
    const inside = wide[0] >= EDGE && wide[1] >= EDGE && wide[2] <= this.width - EDGE && wide[3] <= this.height - EDGE;
    return inside && !this.taken.some((other) => meet(wide, other));
  }

  keepOff(points, radius) {
    for (const { lon, lat } of points) {
      const at = this.view.position(lon, lat, this.projection);
      if (at) this.taken.push([at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius]);
    }
  }

  /** Words along rings: `captions` have a text, a system and anchors, points with the ones after them. */
  along(captions) {
    const found = [];
    for (const { text, system, anchors } of captions) {
      // Close to the line in any direction, else a little away from it.
      const tries = [1, 2.5].flatMap((away) => anchors.map((anchor) => [away, anchor]));
      for (const [away, [lon, lat, next_lon, next_lat]] of tries) {
        const at = this.view.position(lon, lat, this.projection);
        const next = at && this.view.position(next_lon, next_lat, this.projection);
        if (!next) continue;
        const angle = Math.atan2(next[1] - at[1], next[0] - at[0]);
        const side = at[1] <= this.height / 2 ? -away : away;
        const half = (text.length * 12 * LETTER) / 2;
        const wide = Math.abs(half * Math.cos(angle)) + Math.abs(8 * Math.sin(angle));
        const tall = Math.abs(half * Math.sin(angle)) + Math.abs(8 * Math.cos(angle)) + 8;
        const y = at[1] + side * 9;
        const box = [at[0] - wide, y - tall, at[0] + wide, y + tall];
        if (this.isFree(box)) {
          this.taken.push(box);
          found.push({ text, system, lon, lat, next_lon, next_lat, side });
          break;
        }
      }
    }
    return found;
  }

  /** Names beside points, of one kind, first come first. */
  beside(points, kind, most) {
    const found = [];
    for (const { name, lon, lat } of points) {
      if (found.length >= most) break;
      const at = this.view.position(lon, lat, this.projection);
      if (!at || at[0] < 0 || at[1] < 0 || at[0] > this.width || at[1] > this.height) continue;
      const dot = [at[0] - 3, at[1] - 3, at[0] + 3, at[1] + 3];
      if (kind === "town" && this.taken.some((other) => meet(dot, other))) continue;
      const size = SIZES[kind];
      const gap = kind === "origin" ? ORIGIN_GAP : GAP;
      for (const [align, right, down] of ANCHORS) {
        const long = name.length * size * LETTER;
        const x = at[0] + right * gap - { left: 0, right: long, center: long / 2 }[align];
        const y = at[1] + down * size;
        const box = [x, y - size * 0.62, x + long, y + size * 0.62];
        if (this.isFree(box, APART[kind])) {
          this.taken.push(box);
          if (kind === "town") this.taken.push(dot);
          found.push({ name, lon, lat, dx: right * gap, dy: down * size, align, kind });
          break;
        }
      }
    }
    return found;
  }
}
