"""The verbs behind ./run."""
