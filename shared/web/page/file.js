/** A file for the person to keep. */
import { element } from "./element.js";

/** @param {Blob} data @param {string} name */
export function save(data, name) {
  const address = URL.createObjectURL(data);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
