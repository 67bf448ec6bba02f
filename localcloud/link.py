"""The address of the page with a credential of the person at the keyboard.

It stands in the fragment, which browsers send to nobody; the page takes it out of the address bar.
"""

from __future__ import annotations

from pathlib import Path

from localcloud.configuration import DEVELOPER, Configuration
from localcloud.tokens import Tokens


def sign_in_link(configuration: Configuration) -> str:
    """Good for an hour, as every ID token."""
    page = configuration.url("predict")
    token = Tokens(Path(configuration.state) / "keys").identity(DEVELOPER, page)
    return f"{page}/#token={token}"
