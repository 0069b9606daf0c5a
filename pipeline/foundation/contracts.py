"""What every table holds: columns, types, allowed values, and the columns that identify a row.

A contract is checked when a table is written and again when it is read. Strings are never missing: "does not apply"
is the empty string. Only the columns named in ``optional`` may hold NaN.
"""

from __future__ import annotations

from dataclasses import dataclass, field

STATUSES = ("answered", "non_answer", "blank", "not_asked", "excluded")
METHODS = ("person", "corrected", "uncorrected")
FATES = ("same", "renamed", "merged", "split", "retired", "removed")
SOURCES = ("model", "person")
KINDS = ("pull", "fragment")
NEWS = ("emerging", "fading")
AMONG = ("all", "several")
AGREEMENT_MEASURES = ("f1", "precision", "recall", "macro_f1", "kappa", "alpha", "ac1", "masi", "f1_gap")
# By which a passage's own words show that it proposes something; see pipeline/text/proposing.py.
SIGNS = ("", "none", "please", "obliges", "wishes", "could", "asks", "more", "commands", "fragment")
ASKS = ("proposals", "reasons", "experience")


@dataclass(frozen=True)
class Contract:
    """One table's promise.

    Parameters
    ----------
    name : str
        What messages call the table.
    path : str
        Where it lies below the project folder; ``{wave}`` stands for the wave's id.
    columns : dict of str to str
        Column name to type: ``str``, ``int``, ``float``, ``bool`` or ``spans`` (a list of ``[start, end]``).
    key : tuple of str
        The columns that identify a row; the table is sorted by them and holds each combination once.
    values : dict of str to tuple of str
        Columns that take only these values.
    ranges : dict of str to (float, float)
        Columns whose numbers lie in this closed interval.
    optional : tuple of str
        Number columns that may be NaN.
    """

    name: str
    path: str
    columns: dict[str, str]
    key: tuple[str, ...]
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    optional: tuple[str, ...] = ()


RESPONSES = Contract(
    "responses",
    "data/responses/{wave}.parquet",
    dict.fromkeys(("response_id", "wave", "respondent_id", "question_id", "text", "status", "reason"), "str"),
    key=("response_id",),
    values={"status": STATUSES},
)
CLOSED = Contract(
    "closed answers",
    "data/responses/{wave}.closed.parquet",
    dict.fromkeys(("wave", "respondent_id", "question_id", "value"), "str"),
    key=("wave", "respondent_id", "question_id", "value"),
)
RESPONDENTS = Contract(
    "respondents",
    "data/responses/{wave}.respondents.parquet",
    {"wave": "str", "respondent_id": "str", "weight": "float"},
    key=("wave", "respondent_id"),
    ranges={"weight": (0.0, float("inf"))},
)
UNITS = Contract(
    "units",
    "data/units/{wave}.parquet",
    {
        "unit_id": "str",
        "response_id": "str",
        "n": "int",
        "start": "int",
        "end": "int",
        "text_id": "str",
        "language": "str",
    },
    key=("response_id", "n"),
    ranges={"n": (0, float("inf")), "start": (0, float("inf"))},
)
REDACTIONS = Contract(
    "redactions",
    "data/units/{wave}.redactions.parquet",
    {"response_id": "str", "start": "int", "end": "int", "type": "str"},
    key=("response_id", "start", "end"),
)
SIGNS_OF_PROPOSALS = Contract(
    "signs of proposals",
    "data/units/{wave}.signs.parquet",
    {"unit_id": "str", "sign": "str"},
    key=("unit_id",),
    values={"sign": SIGNS},
)
PROPOSALS = Contract(
    "which units propose something",
    "data/coded/proposals.parquet",
    {"unit_id": "str", "response_id": "str", "asks": "str", "rule": "str", "score": "float", "proposes": "bool"},
    key=("unit_id",),
    values={"asks": ASKS, "rule": SIGNS},
    ranges={"score": (0.0, 1.0)},
)
CONTRADICTIONS = Contract(
    "answers that read like the other side",
    "data/coded/contradictions.parquet",
    {
        "response_id": "str",
        "question_id": "str",
        "side": "str",
        "reads_like": "str",
        "probability": "float",
        "to_read": "bool",
    },
    key=("response_id",),
    ranges={"probability": (0.0, 1.0)},
)
UNIT_CODES = Contract(
    "unit codes",
    "data/coded/units.parquet",
    {"unit_id": "str", "theme_id": "str", "probability": "float", "source": "str"},
    key=("unit_id", "theme_id"),
    values={"source": SOURCES},
    ranges={"probability": (0.0, 1.0)},
)
MENTIONS = Contract(
    "mentions",
    "data/coded/mentions.parquet",
    {
        "wave": "str",
        "question_id": "str",
        "respondent_id": "str",
        "response_id": "str",
        "theme_id": "str",
        "probability": "float",
        "mentioned": "bool",
        "sure": "bool",
        "source": "str",
    },
    key=("response_id", "theme_id"),
    values={"source": SOURCES},
    ranges={"probability": (0.0, 1.0)},
)
HELDOUT = Contract(
    "held-out predictions",
    "data/coded/heldout.parquet",
    {
        "wave": "str",
        "question_id": "str",
        "respondent_id": "str",
        "response_id": "str",
        "theme_id": "str",
        "probability": "float",
        "mentioned": "bool",
        "fold": "int",
    },
    key=("response_id", "theme_id"),
    ranges={"probability": (0.0, 1.0)},
)
GOLD = Contract(
    "gold as coding used it",
    "data/coded/gold.parquet",
    {
        **dict.fromkeys(
            ("response_id", "wave", "question_id", "respondent_id", "coder", "sample", "time", "theme_id"),
            "str",
        ),
        **dict.fromkeys(("by_person", "guessed", "measured"), "bool"),
    },
    key=("response_id", "theme_id"),
)
SEVERAL = Contract(
    "codes of answers that several coded",
    "data/coded/several.parquet",
    dict.fromkeys(("wave", "respondent_id", "question_id", "response_id", "coder", "time", "theme_id"), "str"),
    key=("response_id", "coder", "theme_id"),
)
AGREEMENT = Contract(
    "agreement",
    "reports/agreement.csv",
    {
        **dict.fromkeys(("one", "other", "among", "question_id", "theme_id", "measure"), "str"),
        **dict.fromkeys(("value", "low", "high"), "float"),
        **dict.fromkeys(("answers", "positives"), "int"),
    },
    key=("one", "other", "among", "question_id", "theme_id", "measure"),
    values={"among": AMONG, "measure": AGREEMENT_MEASURES},
    ranges={
        # Alpha has no lowest value.
        **dict.fromkeys(("value", "low", "high"), (float("-inf"), 1.0)),
        **dict.fromkeys(("answers", "positives"), (0, float("inf"))),
    },
    optional=("low", "high"),
)
DISAGREEMENTS = Contract(
    "disagreements to settle",
    "data/coded/disagreements.parquet",
    {
        **dict.fromkeys(
            ("one", "other", "wave", "respondent_id", "question_id", "response_id", "theme_id", "given_by"), "str"
        ),
        "weight": "float",
        "rank": "int",
    },
    key=("one", "other", "response_id", "theme_id"),
    values={"given_by": ("one", "other")},
    ranges={"weight": (0.0, 1.0), "rank": (1, float("inf"))},
)
QUEUE = Contract(
    "answers to read next",
    "data/coded/queue.parquet",
    {"response_id": "str", "rank": "int", "expected_errors": "float", "unsure": "int"},
    key=("response_id",),
    ranges={"rank": (1, float("inf")), "expected_errors": (0.0, float("inf"))},
)
FINDINGS = Contract(
    "findings on the codebook",
    "data/coded/findings.parquet",
    {"rule": "str", "theme_id": "str", "other_theme": "str", "example": "int", "value": "float"},
    key=("rule", "theme_id", "other_theme", "example"),
    ranges={"example": (0, float("inf"))},
)
THEME_STABILITY = Contract(
    "stability of the themes",
    "data/coded/stability.parquet",
    {
        "theme_id": "str",
        "stability": "float",
        "low": "float",
        "high": "float",
        "found_again": "int",
        "resamples": "int",
    },
    key=("theme_id",),
    ranges={"stability": (0.0, 1.0), "low": (0.0, 1.0), "high": (0.0, 1.0)},
)
CANDIDATES = Contract(
    "candidates",
    "data/candidates/candidates.parquet",
    {
        "candidate_id": "str",
        "name": "str",
        "parent_id": "str",
        "n_units": "int",
        "n_responses": "int",
        "nearest_theme": "str",
        "overlap": "float",
        "stability": "float",
        "stability_low": "float",
        "stability_high": "float",
        "found_again": "int",
        "resamples": "int",
        "stability_seeds": "float",
        "stability_halves": "float",
    },
    key=("candidate_id",),
    ranges={
        **dict.fromkeys(
            ("stability", "stability_low", "stability_high", "stability_seeds", "stability_halves"), (0.0, 1.0)
        ),
        "overlap": (-1.0, 1.0),
        "found_again": (0, float("inf")),
        "resamples": (0, float("inf")),
    },
    optional=(
        "overlap",
        "stability",
        "stability_low",
        "stability_high",
        "stability_seeds",
        "stability_halves",
    ),
)
CANDIDATE_UNITS = Contract(
    "candidate units",
    "data/candidates/units.parquet",
    {"unit_id": "str", "candidate_id": "str", "fit": "float"},
    key=("unit_id", "candidate_id"),
    ranges={"fit": (-1.0, 1.0)},
)
CANDIDATE_RESPONSES = Contract(
    "candidate responses",
    "data/candidates/responses.parquet",
    {"response_id": "str", "candidate_id": "str"},
    key=("response_id",),
)
EMERGING = Contract(
    "what is new and what fades",
    "data/coded/emerging.parquet",
    {
        "finding_id": "str",
        "kind": "str",
        "since": "str",
        "name": "str",
        "question_id": "str",
        "n_new": "int",
        "n_earlier": "int",
        "expected": "float",
        "base_new": "int",
        "base_earlier": "int",
        "share_new": "float",
        "share_earlier": "float",
        "difference": "float",
        "p_adjusted": "float",
    },
    key=("finding_id",),
    values={"kind": NEWS},
    ranges={
        **dict.fromkeys(("n_new", "n_earlier", "expected", "base_new", "base_earlier"), (0, float("inf"))),
        **dict.fromkeys(("share_new", "share_earlier", "p_adjusted"), (0.0, 1.0)),
        "difference": (-1.0, 1.0),
    },
)
EMERGING_ANSWERS = Contract(
    "answers of what is new and what fades",
    "data/coded/emerging_answers.parquet",
    {"finding_id": "str", "response_id": "str", "unit_id": "str", "recent": "bool", "fit": "float"},
    key=("finding_id", "response_id"),
    ranges={"fit": (-1.0, 1.0)},
)
QUOTES = Contract(
    "quotes",
    "data/coded/quotes.parquet",
    {
        "quote_id": "str",
        "theme_id": "str",
        "question_id": "str",
        "kind": "str",
        "segment": "str",
        "rank": "int",
        "response_id": "str",
        "spans": "spans",
        "display": "str",
        "score": "float",
        "relevance": "float",
        "centrality": "float",
        "length_fit": "float",
        "self_contained": "float",
        "novelty": "float",
        "approved": "bool",
    },
    key=("quote_id",),
    values={"kind": KINDS},
    ranges={
        "rank": (1, float("inf")),
        **dict.fromkeys(("score", "relevance", "centrality", "length_fit", "self_contained", "novelty"), (0.0, 1.0)),
    },
    optional=("score", "relevance", "centrality", "length_fit", "self_contained"),
)
PREVALENCE = Contract(
    "prevalence",
    "reports/prevalence.csv",
    {
        "wave": "str",
        "question_id": "str",
        "theme_id": "str",
        "segment": "str",
        "base": "int",
        "n": "int",
        "share": "float",
        "low": "float",
        "high": "float",
        "method": "str",
    },
    key=("wave", "question_id", "theme_id", "segment", "method"),
    values={"method": METHODS},
    ranges={"share": (0.0, 1.0), "low": (0.0, 1.0), "high": (0.0, 1.0), "base": (0, float("inf"))},
    optional=("share", "low", "high"),
)
HEADLINES = Contract(
    "headlines",
    "reports/headlines.csv",
    {
        "wave": "str",
        "question_id": "str",
        "value": "str",
        "base": "int",
        "n": "int",
        "share": "float",
    },
    key=("wave", "question_id", "value"),
    ranges={"share": (0.0, 1.0)},
    optional=("share",),
)
COUNTED = ("option", "box", "net", "side")
FIGURES = Contract(
    "figures of the closed questions",
    "reports/closed.csv",
    {
        "wave": "str",
        "question_id": "str",
        "part": "str",
        "value": "str",
        "n": "int",
        "base": "int",
        "asked": "int",
        "no_answer": "int",
        "not_asked": "int",
        "share": "float",
        "low": "float",
        "high": "float",
        "effective_base": "float",
    },
    key=("wave", "question_id", "part", "value"),
    values={"part": COUNTED},
    ranges={
        **dict.fromkeys(("n", "base", "asked", "no_answer", "not_asked", "effective_base"), (0, float("inf"))),
        **dict.fromkeys(("share", "low", "high"), (0.0, 1.0)),
    },
    optional=("share", "low", "high", "effective_base"),
)
NUMBERS = Contract(
    "figures of the numeric questions",
    "reports/numbers.csv",
    {
        "wave": "str",
        "question_id": "str",
        "n": "int",
        "base": "int",
        "asked": "int",
        "no_answer": "int",
        "not_asked": "int",
        "mean": "float",
        "lower_quartile": "float",
        "median": "float",
        "upper_quartile": "float",
        "minimum": "float",
        "maximum": "float",
        "effective_base": "float",
    },
    key=("wave", "question_id"),
    ranges=dict.fromkeys(("n", "base", "asked", "no_answer", "not_asked", "effective_base"), (0, float("inf"))),
    optional=("mean", "lower_quartile", "median", "upper_quartile", "minimum", "maximum", "effective_base"),
)
NETS = Contract(
    "combined themes",
    "reports/nets.csv",
    {"net_id" if name == "theme_id" else name: kind for name, kind in PREVALENCE.columns.items()},
    key=("wave", "question_id", "net_id", "segment", "method"),
    values=PREVALENCE.values,
    ranges=PREVALENCE.ranges,
    optional=PREVALENCE.optional,
)
CROSSTABS = Contract(
    "closed answers across themes",
    "reports/crosstabs.csv",
    {
        "wave": "str",
        "question_id": "str",
        "theme_id": "str",
        "closed_id": "str",
        "part": "str",
        "value": "str",
        "of": "str",
        "base": "int",
        "n": "int",
        "share": "float",
        "low": "float",
        "high": "float",
        "method": "str",
    },
    key=("wave", "question_id", "theme_id", "closed_id", "part", "value", "of", "method"),
    values={"method": METHODS, "part": COUNTED, "of": ("chosen", "raised")},
    ranges={**dict.fromkeys(("share", "low", "high"), (0.0, 1.0)), "base": (0, float("inf"))},
    optional=("share", "low", "high"),
)
SENTENCES = Contract(
    "sentences of data/report.md with their figures",
    "reports/sentences.csv",
    {"line": "int", "reference": "str", "sentence": "str", "figure": "str"},
    key=("line", "reference"),
    ranges={"line": (1, float("inf"))},
)
CHANGES = Contract(
    "changes between waves",
    "reports/changes.csv",
    {
        "question_id": "str",
        "theme_id": "str",
        "wave": "str",
        "previous_wave": "str",
        "share": "float",
        "previous_share": "float",
        "difference": "float",
        "changed": "str",
        "release": "str",
        "published_share": "float",
        "from_answers": "float",
        "from_coding": "float",
    },
    key=("question_id", "theme_id", "wave"),
    ranges={
        **dict.fromkeys(("share", "previous_share", "published_share"), (0.0, 1.0)),
        **dict.fromkeys(("difference", "from_answers", "from_coding"), (-1.0, 1.0)),
    },
    optional=("published_share", "from_answers", "from_coding"),
)
DIFFERENCES = Contract(
    "differences between waves, segments and sides",
    "reports/differences.csv",
    {
        "question_id": "str",
        "theme_id": "str",
        "wave": "str",
        "segment": "str",
        "against": "str",
        "share": "float",
        "other_share": "float",
        "base": "int",
        "other_base": "int",
        "method": "str",
        "other_method": "str",
        "difference": "float",
        "low": "float",
        "high": "float",
        "effect": "float",
        "p": "float",
        "p_adjusted": "float",
    },
    key=("question_id", "theme_id", "wave", "segment", "against"),
    values={"method": METHODS, "other_method": METHODS},
    ranges={
        **dict.fromkeys(("share", "other_share", "p", "p_adjusted"), (0.0, 1.0)),
        **dict.fromkeys(("difference", "low", "high"), (-1.0, 1.0)),
        "effect": (-3.1416, 3.1416),
    },
    optional=("low", "high", "p", "p_adjusted"),
)
READING = Contract(
    "what people read at random, and what more of it would tell",
    "reports/reading.csv",
    {
        "wave": "str",
        "question_id": "str",
        "theme_id": "str",
        "answers": "int",
        "read": "int",
        "respondents": "float",
        "share": "float",
        "ratio": "float",
        "method": "str",
    },
    key=("wave", "question_id", "theme_id"),
    values={"method": METHODS},
    ranges={"answers": (0, float("inf")), "read": (0, float("inf")), "share": (0.0, 1.0), "ratio": (0.0, float("inf"))},
    optional=("share", "respondents"),
)
PUBLISHED = Contract(
    "published figures beside those of today",
    "reports/published.csv",
    {
        "release": "str",
        "wave": "str",
        "question_id": "str",
        "theme_id": "str",
        "name": "str",
        "base": "int",
        "n": "int",
        "share": "float",
        "low": "float",
        "high": "float",
        "method": "str",
        "fate": "str",
        "now_theme_id": "str",
        "now_name": "str",
        "now_base": "int",
        "now_n": "int",
        "now_share": "float",
        "now_low": "float",
        "now_high": "float",
        "now_method": "str",
        "difference": "float",
    },
    key=("release", "wave", "question_id", "theme_id"),
    values={"method": METHODS, "now_method": ("", *METHODS), "fate": FATES},
    ranges={
        **dict.fromkeys(("share", "low", "high", "now_share", "now_low", "now_high"), (0.0, 1.0)),
        "difference": (-1.0, 1.0),
    },
    optional=("share", "low", "high", "now_share", "now_low", "now_high", "difference"),
)
