/** A version's report in a frame that runs no script and is of no origin. */
import { fetched, Problem } from "./api.js";
import { element } from "./element.js";
import { save } from "./file.js";
import { shown } from "./text.js";

/**
 * @param {string} path of the version
 * @param {string} version
 * @param {(problem: Problem) => void} failed
 */
export async function openReport(path, version, failed) {
  let data;
  try {
    data = await fetched(`${path}/report`);
  } catch (error) {
    if (error instanceof Problem) failed(error);
    return;
  }
  const address = URL.createObjectURL(new Blob([data], { type: "text/html; charset=utf-8" }));
  const title = `Report of ${shown(version, 130)}`;
  const dialog = element(
    "dialog",
    { class: "report", "aria-labelledby": "report-title" },
    element(
      "div",
      { class: "top" },
      element("h2", { id: "report-title" }, title),
      element(
        "button",
        { type: "button", class: "quiet", onclick: () => save(data, `${version}.html`) },
        "Save",
      ),
      element("button", { type: "button", onclick: () => dialog.close() }, "Close"),
    ),
    element("iframe", { sandbox: "", src: address, title }),
  );
  dialog.addEventListener("close", () => {
    URL.revokeObjectURL(address);
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
}
