"""A finalize event as Eventarc puts it on the wire: CloudEvents 1.0 over HTTP, binary mode."""

from __future__ import annotations

import json
from urllib.parse import quote

from shared.core.event import FINALIZED

_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')
"""What stands unencoded in a header. Source: HTTP protocol binding 1.0.2, section 3.1.3.2."""


def header_value(text: str) -> str:
    """Percent-encode space, quote, percent sign and everything outside printable ASCII."""
    return quote(text, safe=_PRINTABLE, errors="surrogatepass")


def headers(event_id: str, event: str) -> dict[str, str]:
    """The HTTP headers of one event; event: StorageObjectData as JSON, which is the body."""
    data = json.loads(event)
    return {
        "ce-id": event_id,
        "ce-source": header_value(f"//storage.googleapis.com/projects/_/buckets/{data['bucket']}"),
        "ce-specversion": "1.0",
        "ce-subject": header_value(f"objects/{data['name']}"),
        "ce-time": data.get("updated") or data["timeCreated"],
        "ce-type": FINALIZED,
        "ce-bucket": header_value(data["bucket"]),
        "content-type": "application/json",
    }
