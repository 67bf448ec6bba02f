/** Text to take along, with a button that copies it. */
import { element } from "./element.js";
import { say } from "./speech.js";
import { shown } from "./text.js";

/** @param {string} text @param {string} name of the button */
export function copyable(text, name) {
  const code = element("code", {}, ...lines(text));
  const box = element("pre", { tabindex: 0, role: "group", "aria-label": "Command" }, code);
  const button = element("button", { type: "button", class: "quiet", onclick: () => copy() }, name);
  return element("div", { class: "copyable" }, box, button);

  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
      say("Copied.");
    } catch {
      getSelection()?.selectAllChildren(code);
      button.textContent = "Selected: press Ctrl+C";
      say("Selected; press Control C.");
    }
  }
}

/** Line by line, so that what is invisible is shown and line ends stay. @param {string} text */
function lines(text) {
  return text.split("\n").map((line, place) => `${place ? "\n" : ""}${shown(line, 20000)}`);
}
