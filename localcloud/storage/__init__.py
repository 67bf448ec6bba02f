"""The local Google Cloud Storage: the JSON API on sqlite and files.

`Storage` keeps buckets and objects and writes a finalize event beside each new object; `routes`
answers HTTP for it. It never imports shared.gcp, and never reads an object name as a local path.
"""

from localcloud.storage.access import Access
from localcloud.storage.application import admin_routes, routes
from localcloud.storage.store import Storage
from localcloud.storage.switch import Switches

__all__ = ["Access", "Storage", "Switches", "admin_routes", "routes"]
