"""The same figures by independent implementations; each environment gives those of the packages that it holds.

Usage: python independent.py main|irrcac inputs.json expected.json. Imports nothing of themebook.
"""

from __future__ import annotations

import json
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np

warnings.simplefilter("ignore")


def main_figures(inputs):
    from ppi_py import ppi_mean_pointestimate
    from sklearn.metrics import cohen_kappa_score, precision_recall_fscore_support
    from statsmodels.regression.linear_model import OLS
    from statsmodels.stats.multitest import multipletests
    from statsmodels.stats.proportion import (
        confint_proportions_2indep,
        proportion_confint,
        proportion_effectsize,
        proportions_ztest,
    )

    shares, confidences = inputs["shares"], inputs["confidences"]
    two, two_shares = inputs["two_coders"], inputs["two_shares"]
    scored = [precision_recall_fscore_support(b, a, average="binary") for a, b in two]
    weighted = [weighted_share(case) for case in inputs["weighted"]]
    return {
        "score_interval": [proportion_confint(n, base, 1 - c, "wilson") for n, base in shares for c in confidences],
        "weighted_share": [share for share, _ in weighted],
        "effective_base": [base for _, base in weighted],
        "weighted_score_interval": [proportion_confint(p * n, n, 0.05, "wilson") for p, n in weighted],
        "kappa": [cohen_kappa_score(a, b) for a, b in two],
        "precision": [each[0] for each in scored],
        "recall": [each[1] for each in scored],
        "f1": [each[2] for each in scored],
        "alpha_nominal": [nominal(codes) for codes in two + inputs["many_coders"]],
        "alpha_masi": [masi_of_krippendorff(codes) for codes in inputs["sets"]],
        "alpha_masi_without_empty_sets": [masi_of_nltk(codes) for codes in inputs["sets"]],
        "corrected_share": [
            np.asarray(
                ppi_mean_pointestimate(
                    np.array(case["given"], float),
                    np.array(case["predicted"][: len(case["given"])]),
                    np.array(case["predicted"]),
                    lam=lam,
                    w=np.array(case["weight"][: len(case["given"])]),
                    w_unlabeled=np.array(case["weight"]),
                )
            ).item()
            for case, lam in zip(inputs["corrected"], inputs["tunings"], strict=True)
        ],
        "tuning_with_equal_weights": [
            min(max(slope(OLS, case), 0.0), 1.0) for case in inputs["corrected"] if len(set(case["weight"])) == 1
        ],
        "two_shares_p": [two_sided(proportions_ztest([a, c], [b, d])[0], b + d) for a, b, c, d in two_shares],
        "two_shares_newcombe": [
            confint_proportions_2indep(a, b, c, d, method="newcomb", compare="diff") for a, b, c, d in two_shares
        ],
        "cohens_h": [proportion_effectsize(a / b, c / d) for a, b, c, d in two_shares],
        "benjamini_hochberg": [multipletests(p, method="fdr_bh")[1] for p in inputs["p_values"]],
    }


def two_sided(z, n):
    """The p value of the pooled test by Campbell's factor (n - 1) / n."""
    from scipy.stats import norm

    return 2 * norm.sf(abs(z) * ((n - 1) / n) ** 0.5)


def irrcac_figures(inputs):
    import pandas as pd
    from irrCAC.raw import CAC

    found = []
    for codes in inputs["two_coders"] + inputs["many_coders"]:
        ratings = pd.DataFrame(np.array(codes, float).T)
        found.append(CAC(ratings, categories=[0.0, 1.0], digits=10).gwet()["est"]["coefficient_value"])
    return {"ac1": found}


def slope(ols, case):
    """The least-squares slope of what was given on what was predicted: cov / var among those read."""
    predicted = np.array(case["predicted"][: len(case["given"])])
    return float(
        ols(np.array(case["given"], float), np.column_stack([np.ones(len(predicted)), predicted])).fit().params[1]
    )


def weighted_share(case):
    from samplics.estimation import TaylorEstimator
    from samplics.utils.types import PopParam
    from samplics.weighting import SampleWeight

    weight = np.array(case["weight"])
    estimator = TaylorEstimator(PopParam.mean)
    estimator.estimate(y=np.array(case["given"], float), samp_weight=weight)
    design_effect = SampleWeight().calculate_deff_weight(weight)
    return float(np.asarray(estimator.point_est).item()), len(weight) / float(design_effect)


def nominal(codes):
    import krippendorff

    return krippendorff.alpha(np.array(codes, float), value_domain=[0.0, 1.0], level_of_measurement="nominal")


def distance(one, other):
    """MASI by its definition, for empty sets too."""
    if one == other:
        return 0.0
    both = one & other
    weight = 2 / 3 if both in (one, other) else 1 / 3
    return 1 - weight * len(both) / len(one | other)


def masi_of_krippendorff(codes):
    import krippendorff

    kinds = sorted({tuple(one) for coder in codes for one in coder if one is not None})
    data = np.array([[np.nan if one is None else kinds.index(tuple(one)) for one in coder] for coder in codes])

    def metric(first, second, **_):
        return np.vectorize(lambda i, j: distance(set(kinds[int(i)]), set(kinds[int(j)])))(first, second)

    return krippendorff.alpha(data, level_of_measurement=metric)


def masi_of_nltk(codes):
    """nltk divides by zero at two empty sets: an empty one is given a theme of its own."""
    from nltk.metrics.agreement import AnnotationTask
    from nltk.metrics.distance import masi_distance

    rows = [
        (coder, answer, frozenset(one or [99]))
        for coder, given in enumerate(codes)
        for answer, one in enumerate(given)
        if one is not None
    ]
    return AnnotationTask(rows, distance=masi_distance).alpha()


ENVIRONMENTS = {
    "main": (main_figures, ("statsmodels", "scikit-learn", "krippendorff", "nltk", "samplics", "ppi-python")),
    "irrcac": (irrcac_figures, ("irrCAC",)),
}

if __name__ == "__main__":
    name, source, target = sys.argv[1:]
    measure, packages = ENVIRONMENTS[name]
    found = {
        key: np.asarray([np.asarray(v).tolist() for v in values], dtype=object).tolist()
        for key, values in measure(json.loads(Path(source).read_text())).items()
    }
    Path(target).write_text(json.dumps({"expected": found, "packages": {p: version(p) for p in packages}}))
