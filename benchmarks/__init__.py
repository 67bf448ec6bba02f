"""Measurements and long campaigns: `./run bench NAME`. Never deployed."""
