"""Every request is the site's: also those that the framework would answer itself, in plain text.

functions-framework routes by a pattern that knows no line break and seven methods, and refuses the
rest as text, where this API promises problems (RFC 9457).
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from shared.web.farewell import linger
from shared.web.site import Site


def take_over(app: Starlette, site: Site) -> None:
    """Have the site answer all that comes after the request that is under way."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await (await site(scope, receive))(scope, receive, send)
            await site.answered()

    linger(last=site.end)
    app.router.default = answer
    app.router.routes.clear()
