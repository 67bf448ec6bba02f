"""Vertex AI end to end: the real workflows and adapters against the server on loopback."""
