"""Processes in which model files are unpickled and answer: confined, and killed where they hang."""
