"""Unfitted pipelines and option combinations as people write them in notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn import (
    calibration,
    compose,
    ensemble,
    feature_selection,
    frozen,
    gaussian_process,
    impute,
    linear_model,
    model_selection,
    multiclass,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    svm,
    tree,
)


def one_of_several_labels() -> Any:
    """For several yes-or-no columns, of which one may hold the same value in every row."""
    return multiclass.OneVsRestClassifier(linear_model.LogisticRegression())


def classifiers() -> Iterator[Any]:
    """For numeric features and three classes."""
    kernels = gaussian_process.kernels
    yield svm.SVC(gamma="auto")
    yield calibration.CalibratedClassifierCV(svm.SVC(gamma="auto"), ensemble=False)
    yield calibration.CalibratedClassifierCV(naive_bayes.GaussianNB(), method="isotonic", cv=3)
    yield pipeline.make_pipeline(
        preprocessing.FunctionTransformer(np.log1p, inverse_func=np.expm1),
        preprocessing.FunctionTransformer(np.sqrt),
        preprocessing.PolynomialFeatures(),
        feature_selection.SelectKBest(feature_selection.mutual_info_classif, k=3),
        linear_model.LogisticRegression(max_iter=2000),
    )
    yield pipeline.make_pipeline(
        feature_selection.SelectKBest(feature_selection.chi2, k=2),
        ensemble.HistGradientBoostingClassifier(max_iter=3, early_stopping=True),
    )
    for scoring in ("accuracy", "f1_macro", "balanced_accuracy", "roc_auc_ovr", "neg_log_loss"):
        yield model_selection.GridSearchCV(
            linear_model.LogisticRegression(max_iter=2000), {"C": [1, 2]}, scoring=scoring, cv=2
        )
    yield model_selection.GridSearchCV(
        tree.DecisionTreeClassifier(),
        {"max_depth": [1, 2]},
        cv=model_selection.StratifiedKFold(2, shuffle=True, random_state=1),
    )
    yield model_selection.RandomizedSearchCV(
        neighbors.KNeighborsClassifier(),
        {"n_neighbors": [1, 2, 3]},
        n_iter=2,
        cv=model_selection.KFold(2, shuffle=True, random_state=np.random.RandomState(1)),
    )
    yield ensemble.BaggingClassifier(
        svm.SVC(), n_estimators=2, random_state=np.random.RandomState(3)
    )
    yield ensemble.GradientBoostingClassifier(n_estimators=2, init="zero")
    yield ensemble.AdaBoostClassifier(n_estimators=2)
    yield ensemble.StackingClassifier(
        [("a", tree.DecisionTreeClassifier()), ("b", naive_bayes.GaussianNB())], cv=2
    )
    yield ensemble.VotingClassifier(
        [("a", tree.DecisionTreeClassifier()), ("b", naive_bayes.GaussianNB())], voting="soft"
    )
    for solver in ("adam", "sgd", "lbfgs"):
        yield neural_network.MLPClassifier(
            solver=solver, max_iter=3, early_stopping=solver == "adam"
        )
    for loss in ("hinge", "log_loss", "modified_huber", "squared_hinge", "perceptron"):
        yield linear_model.SGDClassifier(loss=loss, max_iter=3)
    for metric in ("euclidean", "manhattan", "chebyshev", "minkowski"):
        yield neighbors.KNeighborsClassifier(algorithm="ball_tree", metric=metric)
        yield neighbors.KNeighborsClassifier(algorithm="kd_tree", metric=metric, p=3)
    yield gaussian_process.GaussianProcessClassifier(
        kernels.ConstantKernel() * kernels.Matern() + kernels.WhiteKernel(), optimizer=None
    )


def binary_classifiers() -> Iterator[Any]:
    """For numeric features and two classes."""
    yield ensemble.GradientBoostingClassifier(loss="exponential", n_estimators=2)
    yield ensemble.HistGradientBoostingClassifier(max_iter=2, early_stopping=True)
    yield frozen.FrozenEstimator(svm.SVC().fit([[0.0] * 4, [1.0] * 4], [0, 1]))
    yield model_selection.GridSearchCV(
        svm.SVC(), {"C": [1, 2]}, scoring=["roc_auc", "f1", "precision", "recall"], refit="f1", cv=2
    )
    for metric in ("cosine", "hamming", "canberra", "braycurtis"):
        yield neighbors.KNeighborsClassifier(metric=metric)


def regressors() -> Iterator[Any]:
    """For numeric features and a numeric target."""
    kernels = gaussian_process.kernels
    for loss in ("squared_error", "absolute_error", "poisson", "gamma", "quantile"):
        yield ensemble.HistGradientBoostingRegressor(loss=loss, max_iter=2, quantile=0.5)
    for loss in ("squared_error", "absolute_error", "huber", "quantile"):
        yield ensemble.GradientBoostingRegressor(loss=loss, n_estimators=2)
    for loss in ("squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive"):
        yield linear_model.SGDRegressor(loss=loss, max_iter=3)
    for loss in ("linear", "square", "exponential"):
        yield ensemble.AdaBoostRegressor(n_estimators=2, loss=loss)
    for power in (0, 1, 1.5, 2, 3):
        yield linear_model.TweedieRegressor(power=power, link="log")
    for kernel in (
        kernels.RBF() + kernels.WhiteKernel(),
        kernels.RationalQuadratic() * kernels.DotProduct(),
        kernels.ExpSineSquared() ** 2,
        kernels.PairwiseKernel(),
        kernels.Matern() + kernels.ConstantKernel(),
    ):
        yield gaussian_process.GaussianProcessRegressor(kernel, optimizer=None, alpha=1e3)
    yield compose.TransformedTargetRegressor(
        linear_model.LinearRegression(), func=np.log1p, inverse_func=np.expm1
    )
    yield compose.TransformedTargetRegressor(linear_model.Ridge(), func=np.log, inverse_func=np.exp)
    yield feature_selection.SelectFromModel(linear_model.Lasso(alpha=0.01))
    yield pipeline.make_pipeline(
        preprocessing.StandardScaler(),
        feature_selection.SelectKBest(feature_selection.f_regression, k=2),
        svm.SVR(),
    )
    yield pipeline.make_pipeline(
        feature_selection.SelectKBest(feature_selection.mutual_info_regression, k=2),
        tree.DecisionTreeRegressor(),
    )
    for scoring in ("r2", "neg_mean_squared_error", "neg_mean_absolute_error"):
        yield model_selection.GridSearchCV(
            linear_model.Ridge(), {"alpha": [1, 2]}, scoring=scoring, cv=2
        )


def mixed_table() -> Any:
    """90 rows of numbers, gaps and words, as an object array."""
    generator = np.random.default_rng(5)
    table = np.empty((90, 3), dtype=object)
    table[:, 0] = generator.normal(size=90)
    table[:, 1] = generator.choice(["red", "green", "blue"], 90)
    table[:, 2] = generator.choice([1.0, 2.0, np.nan], 90)
    return table


def tabular() -> Iterator[Any]:
    """For a table of numbers, gaps and words."""
    words = pipeline.make_pipeline(
        impute.SimpleImputer(strategy="most_frequent"),
        preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    )
    numbers = pipeline.make_pipeline(
        impute.SimpleImputer(add_indicator=True), preprocessing.RobustScaler()
    )
    for encoder in (
        words,
        preprocessing.OneHotEncoder(handle_unknown="ignore", min_frequency=2),
        preprocessing.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    ):
        yield pipeline.make_pipeline(
            compose.ColumnTransformer(
                [("numbers", numbers, [0, 2]), ("words", encoder, slice(1, 2))]
            ),
            ensemble.RandomForestClassifier(n_estimators=3, random_state=1),
        )
    yield pipeline.make_pipeline(
        compose.ColumnTransformer(
            [("words", preprocessing.TargetEncoder(cv=2), [1])],
            remainder="passthrough",
        ),
        impute.KNNImputer(),
        ensemble.ExtraTreesClassifier(n_estimators=3),
    )
