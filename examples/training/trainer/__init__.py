"""The package of a training job that trains the iris model by itself."""
