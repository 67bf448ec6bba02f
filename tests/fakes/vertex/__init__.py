"""Vertex AI on loopback: answers v1 of `aiplatform` as it is documented, refuses what it refuses.

Sources: the discovery document's own words, and error texts that people have posted.
"""
