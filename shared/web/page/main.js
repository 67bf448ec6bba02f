/**
 * The page: takes the credential, shows the view that the address names, asks again when it
 * must.
 */
import { Problem } from "./api.js";
import * as credential from "./credential.js";
import { element } from "./element.js";
import { modelView } from "./model.js";
import { modelsView } from "./models.js";
import { signIn } from "./signin.js";
import { say } from "./speech.js";
import { shown } from "./text.js";

const MODEL = /^#\/models\/([A-Za-z][A-Za-z0-9_]{0,127})$/;
const LONGEST_TIMER = 2 ** 31 - 1;

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const session = /** @type {HTMLElement} */ (document.getElementById("session"));
const notice = /** @type {HTMLElement} */ (document.getElementById("notice"));

let shownLast = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let expiry;

credential.take();
addEventListener("hashchange", () => {
  credential.take();
  void show();
});
void show();

async function show() {
  const own = ++shownLast;
  tellSession();
  notice.replaceChildren();
  main.setAttribute("aria-busy", "true");
  const found = MODEL.exec(location.hash);
  const name = found?.[1] ?? "";
  /** @type {Node} */
  let view;
  try {
    view = name ? await modelView(name, failed) : await modelsView(() => void show());
  } catch (error) {
    view = trouble(error);
  }
  if (own !== shownLast) return; // another view was asked for meanwhile
  main.removeAttribute("aria-busy");
  main.replaceChildren(view);
  const heading = main.querySelector("h1");
  const title = heading?.textContent ?? "";
  document.title = title ? `${title} – dropserve` : "dropserve";
  if (heading instanceof HTMLElement) heading.focus({ preventScroll: true });
  scrollTo(0, 0);
}

/** @param {unknown} error */
function trouble(error) {
  if (error instanceof Problem && error.status === 401) {
    return signIn(error, credential.isHeld(), () => void show());
  }
  const problem =
    error instanceof Problem
      ? error
      : new Problem(0, { title: "This page failed", detail: String(error) });
  return element(
    "div",
    { class: "panel bad empty" },
    element("h1", { tabindex: -1 }, shown(problem.title)),
    element("p", {}, shown(problem.message)),
    problem.request &&
      element("p", { class: "small soft" }, `Request ${shown(problem.request, 130)}`),
    element(
      "div",
      { class: "buttons" },
      element("button", { type: "button", onclick: () => void show() }, "Try again"),
    ),
  );
}

/**
 * Something that was asked for on a view failed: the view stays, with what was typed.
 *
 * @param {Problem} problem
 */
function failed(problem) {
  const panel =
    problem.status === 401
      ? signIn(problem, credential.isHeld(), renewed)
      : element(
          "p",
          { class: "panel bad" },
          element("strong", {}, shown(problem.title)),
          ": ",
          shown(problem.message),
        );
  notice.replaceChildren(panel);
  if (problem.status !== 401) say(`${problem.title}: ${problem.message}`);
  notice.scrollIntoView({ block: "nearest" });
  notice.querySelector("h1")?.focus();
}

function expired() {
  tellSession();
  notice.replaceChildren(signIn(null, true, renewed));
  say("Your sign-in has expired.");
}

/** Signed in again on a view that is still there. */
function renewed() {
  notice.replaceChildren();
  tellSession();
  if (main.querySelector("form.signin") || !main.querySelector("h1")) void show();
  else main.querySelector("h1")?.focus();
}

function tellSession() {
  clearTimeout(expiry);
  const who = credential.told();
  if (!who) {
    session.replaceChildren();
    return;
  }
  const left = who.expires ? who.expires.getTime() - Date.now() : NaN;
  if (left > 0) expiry = setTimeout(expired, Math.min(left, LONGEST_TIMER));
  const until = who.expires?.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const told = until && (left > 0 ? ` until ${until}` : `, expired at ${until}`);
  session.replaceChildren(
    element(
      "span",
      { class: "who" },
      element("bdi", {}, shown(who.email || "Signed in", 80)),
      told || null,
    ),
    element("button", { type: "button", class: "quiet", onclick: signOut }, "Sign out"),
  );
}

function signOut() {
  credential.forget();
  void show();
}
