/** The figures that versions are told apart by. */
import { number, percent } from "./text.js";

/** @typedef {import("./shape.js").Metrics} Metrics */
/** @typedef {{key: string, title: string, text: (value: number) => string}} Figure */

/** @type {Figure[]} the first that a version has is its main one */
export const FIGURES = [
  { key: "balanced_accuracy", title: "Balanced accuracy", text: percent },
  { key: "rmse", title: "RMSE", text: number },
  { key: "accuracy", title: "Accuracy", text: percent },
  { key: "r2", title: "R²", text: number },
  { key: "mae", title: "Mean error", text: number },
  { key: "rows", title: "Rows", text: number },
];

/** @param {Metrics | undefined} metrics */
export function figures(metrics) {
  return FIGURES.filter((one) => value(metrics, one) !== null);
}

/** @param {Metrics | undefined} metrics @param {Figure} figure @returns {number | null} */
export function value(metrics, figure) {
  const found = metrics?.[figure.key];
  return typeof found === "number" && Number.isFinite(found) ? found : null;
}
