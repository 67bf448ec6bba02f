/**
 * Who the caller says it is: a token or key in memory, and nowhere else. It comes in the address's
 * fragment, which browsers send to nobody, and leaves the address bar at once.
 */

const SENDABLE = /^[\x21-\x7e]{1,8192}$/;

/** @typedef {"token" | "key"} Kind */

/** @type {{kind: Kind, value: string} | null} */
let held = null;

/** @param {Kind} kind @param {string} value */
export function hold(kind, value) {
  const said = value.trim().replace(/^Bearer\s+/i, "");
  held = SENDABLE.test(said) ? { kind, value: said } : null;
  return held !== null;
}

export function forget() {
  held = null;
}

export function isHeld() {
  return held !== null;
}

/** Take what the address brings (`#token=...` or `#key=...`) and wipe it; whether there was any. */
export function take() {
  const brought = new URLSearchParams(location.hash.slice(1));
  const kind = brought.has("token") ? "token" : "key";
  const value = brought.get(kind);
  if (value === null) return false;
  history.replaceState(null, "", `${location.pathname}#/`);
  return hold(kind, value);
}

/** The request header that shows it. @returns {{[name: string]: string}} */
export function headers() {
  if (!held) return {};
  return held.kind === "key"
    ? { "X-API-Key": held.value }
    : { Authorization: `Bearer ${held.value}` };
}

/** The same header for a shell, without the secret; "" where none is sent. */
export function placeholder() {
  if (!held) return "";
  return held.kind === "key" ? "X-API-Key: $PREDICT_KEY" : "Authorization: Bearer $PREDICT_TOKEN";
}

/**
 * Who and until when, to be shown: read from the token without any check, which is the API's.
 *
 * @returns {{email: string, expires: Date | null} | null}
 */
export function told() {
  if (!held) return null;
  const claims = held.kind === "token" ? parsed(held.value) : {};
  const seconds = typeof claims.exp === "number" ? claims.exp : NaN;
  const email = typeof claims.email === "string" ? claims.email : "";
  return { email, expires: Number.isFinite(seconds) ? new Date(seconds * 1000) : null };
}

/** @param {string} token @returns {{[claim: string]: unknown}} */
function parsed(token) {
  try {
    const part = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const value = JSON.parse(atob(part));
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
