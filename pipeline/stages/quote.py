"""Choose the quotes that show each theme, and apply the reviewers' decisions on them."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.evidence.quotes import choose_quotes
from pipeline.foundation.contracts import CLOSED, MENTIONS, QUOTES, REDACTIONS, RESPONSES, UNIT_CODES, UNITS
from pipeline.foundation.log import say
from pipeline.foundation.params import Params, load_params
from pipeline.foundation.tables import read_table, read_waves, write_table
from pipeline.survey.description import load_survey
from pipeline.text.encoder import load_vectors
from pipeline.text.phrases import find_phrases
from pipeline.text.shown import redactions_by_response
from pipeline.text.spacy_model import load_spacy
from pipeline.themes.codebook import load_codebook
from pipeline.themes.decisions import load_decisions
from pipeline.themes.replay import replay


def _phrases(texts: Sequence[str], params: Params) -> list[list[tuple[int, int]]]:
    """Find phrases, loading spaCy only where there is a text to read."""
    if not texts:
        return []
    own = params.quote
    return find_phrases(texts, load_spacy(params.segment.spacy_model), own.fragment_min_words, own.fragment_max_words)


def run(wave: str | None = None) -> None:
    """Choose quotes over all listed waves."""
    survey, params = load_survey(), load_params()
    responses = read_waves(RESPONSES, survey.waves)
    texts = dict(zip(responses["response_id"], responses["text"], strict=True))
    standing = replay(load_codebook(survey), load_decisions(), texts)
    quotes = choose_quotes(
        read_table(MENTIONS, where=[[("mentioned", "==", True)]]),
        read_table(UNIT_CODES),
        read_waves(UNITS, survey.waves),
        load_vectors(survey.waves),
        responses,
        redactions_by_response(read_waves(REDACTIONS, survey.waves)),
        read_waves(CLOSED, survey.waves),
        survey,
        standing.quotes,
        lambda texts: _phrases(texts, params),
        params.quote,
    )
    write_table(quotes, QUOTES)
    kinds = quotes["kind"].value_counts()
    counts = {name: int(kinds.get(kind, 0)) for kind, name in (("pull", "quotes"), ("fragment", "fragments"))}
    say("quote", **counts, approved=int(quotes["approved"].sum()))
