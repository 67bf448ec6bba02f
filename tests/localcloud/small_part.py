"""A part as small as can be: answers HTTP on a port; run with words that say how it behaves.

`python small_part.py PORT [MARKER]`: with a MARKER file it starts a worker that outlives it and
writes its process id there.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path


def serve(port: int) -> None:
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        connection, _ = listener.accept()
        with connection:
            if b"/die" in connection.recv(4096):
                os._exit(3)
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


if __name__ == "__main__":
    print("begun", flush=True)
    if len(sys.argv) > 2:
        worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
        Path(sys.argv[2]).write_text(str(worker.pid), encoding="utf-8")
    serve(int(sys.argv[1]))
