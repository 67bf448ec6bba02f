"""From a Dataset to a fitted estimator of scikit-learn's own classes, and its portable copy."""
