"""Tests of the artifacts."""
