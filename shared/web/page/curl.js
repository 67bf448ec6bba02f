/** The request that was just sent, as a line for a shell. */

/** Quoted so that a POSIX shell passes it on as it is. @param {string} text */
export function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * JSON in ASCII: what is invisible or beyond it is escaped, and means the same.
 *
 * @param {unknown} value
 */
export function json(value) {
  return JSON.stringify(value).replace(/[\x7f-\uffff]/g, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/**
 * Without a credential of the page's own, what adds one lets this page through and no shell: then
 * the address is a variable too.
 *
 * @param {string} address
 * @param {string} header with the secret as a variable of the shell, or "" for none
 * @param {string} body
 */
export function line(address, header, body) {
  const { origin, href } = new URL(address);
  const place = header ? quoted(href) : `"$PREDICT_URL"${quoted(href.slice(origin.length))}`;
  const parts = [
    `curl ${place}`,
    `-H "${header || "Authorization: Bearer $PREDICT_TOKEN"}"`,
    "-H 'Content-Type: application/json'",
    `-d ${quoted(body)}`,
  ];
  return parts.join(" \\\n  ");
}
