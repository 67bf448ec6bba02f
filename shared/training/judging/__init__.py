"""How good a model is, honestly, and whether it may replace the one that is live."""
