"""One text for each port, run on the fake and on the real adapter against the local cloud."""
