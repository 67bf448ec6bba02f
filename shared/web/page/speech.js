/** What a screen reader is told of: one place, polite. */

/** @param {string} text */
export function say(text) {
  const place = document.getElementById("spoken");
  if (place) place.textContent = place.textContent === text ? `${text}\u00a0` : text;
}
