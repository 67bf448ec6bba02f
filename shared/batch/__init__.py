"""A CSV to predict for, as instances of a model, and the CSV of its predictions."""
