"""The real handlers over stores in memory, interleaved at every call by a seed."""
