"""From a CSV to a fitted model and its card: the only room with pandas and estimators."""
