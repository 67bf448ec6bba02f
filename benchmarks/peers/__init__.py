"""Other prediction servers, as their own documentation has them, each run in a venv of its own."""
