"""Answers for AI Platform's training jobs (ml v1 `projects.jobs`): runs a Python package here.

Everything else of ml v1 at this address is handed on to `serving`, which answers it, so that the
stock gcloud, which knows one address for all of ml v1, works with both.
"""
