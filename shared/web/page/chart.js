/** A figure over the versions of a model, oldest left. The table below has the same as text. */
import { drawn, element } from "./element.js";
import { brief, number } from "./text.js";

/** @typedef {{value: number, live: boolean}} Point */

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, LOW] = [320, 140, 56, 308, 14, 116];

/** @param {string} title @param {Point[]} points */
export function timeline(title, points) {
  const values = points.map((point) => point.value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const ends = `from ${number(values[0] ?? 0)} to ${number(values.at(-1) ?? 0)}`;
  const told = `${title} of ${points.length} versions: ${ends}`;
  const room = (high - low) * 0.15 || Math.abs(high) * 0.1 || 1;
  /** @param {number} place */
  const x = (place) => LEFT + 8 + ((RIGHT - LEFT - 16) * place) / Math.max(points.length - 1, 1);
  /** @param {number} value */
  const y = (value) => LOW - ((LOW - TOP) * (value - low + room)) / (high - low + 2 * room);
  const path = points.map(
    (point, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(point.value).toFixed(1)}`,
  );
  const picture = drawn(
    "svg",
    { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": told },
    ...(high > low ? [low, high] : [high]).map((value) => tick(y(value), value)),
    drawn("path", { d: path.join(" "), class: "curve" }),
    ...points.map((point, i) => dot(x(i), y(point.value), point.live)),
    drawn("text", { x: LEFT, y: 134 }, "oldest"),
    drawn("text", { x: RIGHT, y: 134, class: "end" }, "newest"),
  );
  return element("figure", {}, element("figcaption", {}, title), picture);
}

/** @param {number} x @param {number} y @param {boolean} live */
function dot(x, y, live) {
  return drawn("circle", {
    cx: x.toFixed(1),
    cy: y.toFixed(1),
    r: live ? 5 : 3,
    class: live ? "dot live" : "dot",
  });
}

/** @param {number} y @param {number} value */
function tick(y, value) {
  const line = drawn("line", { x1: LEFT, y1: y, x2: RIGHT, y2: y, class: "grid" });
  return drawn(
    "g",
    {},
    line,
    drawn("text", { x: LEFT - 6, y: y + 4, class: "end" }, brief(value)),
  );
}
