"""Model directories: what may be unpickled, digests, reading and writing."""
