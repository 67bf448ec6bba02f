"""What dropserve is about, in plain Python: names, events, schemas, ports, errors, settings.

Imports nothing but the standard library, so that every other room can lean on it at no cost.
"""
