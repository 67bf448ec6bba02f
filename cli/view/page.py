"""Our own few pages: errors, and where one begins. Nothing in them runs."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups"
"""Of what comes out of a bucket: it is of one origin with the page that asks for predictions."""
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width">
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}}
</style><h1>{title}</h1>{body}
</html>
"""


def told(status: int, sentence: str) -> HTMLResponse:
    """An error, for the person."""
    return _answer(status, "That did not work", f"<p>{escape(sentence)}</p>")


def beginning(name: str, email: str, links: dict[str, str]) -> HTMLResponse:
    """Where one begins. links: words -> path."""
    items = "".join(
        f'<li><a href="{escape(path)}">{escape(words)}</a></li>' for words, path in links.items()
    )
    return _answer(200, name, f"<p>You are {escape(email)} here.</p><ul>{items}</ul>")


def _answer(status: int, title: str, body: str) -> HTMLResponse:
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(_PAGE.format(title=escape(title), body=body), status, headers)
