"""Vertex AI (v1 of `aiplatform`) behind the ports: each version has an endpoint of its own."""
