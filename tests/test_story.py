"""The researcher's text is read into blocks: lines, marks, references, and nothing of markdown lost or obeyed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_factory import inputs_of

from pipeline.foundation.errors import ThemebookError
from pipeline.report.content import build_content
from pipeline.report.sentences import changed, sentences
from pipeline.report.story import REFERENCE, lines_of, parse
from pipeline.report.telling import spans_of, tell


@pytest.fixture(scope="module")
def told():
    """Tell a text in the content of the factory's survey."""
    content = build_content(**inputs_of())
    return lambda text: tell(parse(text), content)


def kinds(text):
    return [block.kind for block in parse(text).blocks]


def test_every_kind_of_block_is_read():
    text = (
        "# T\n\np\n\n- a\n- b\n\n1. c\n\n> said\n\n---\n\n    code\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n{headlines}\n"
    )
    assert kinds(text) == ["heading", "paragraph", "list", "list", "said", "rule", "code", "table", "insert"]
    blocks = parse(text).blocks
    assert [blocks[2].ordered, blocks[3].ordered] == [False, True]
    assert [child.kind for child in blocks[7].children] == ["row", "row"]


def test_blocks_know_the_lines_they_begin_on():
    head = "---\nnames: {a: b}\n---\n\n# T\n\n<!-- a note\nof two lines -->\n"
    story = parse(head + "\none\ntwo {n:responses}\n\n- x {n:waves}\n- y\n")
    assert story.names == {"a": "b"}
    heading, paragraph, listed = story.blocks
    assert (heading.line, paragraph.line, listed.children[1].line) == (5, 10, 14)
    assert [line for span, line in lines_of(paragraph) if span.style == REFERENCE] == [11]


@pytest.mark.parametrize("text", ["", "\n\n", "<!-- only a note -->\n", "---\nnames: {}\n---\n<!-- a\nb -->\n"])
def test_a_text_of_comments_only_has_no_blocks(text):
    assert parse(text).blocks == ()


def test_marks_are_taken_off_and_kept():
    (block,) = parse("Most of them. {checked: Ada Lovelace} {internal}").blocks
    assert (block.checked, block.internal) == ("Ada Lovelace", True)
    assert "".join(span.text for span in block.spans) == "Most of them."
    (quote,) = parse("{quote:Q1} {internal}").blocks
    assert (quote.kind, quote.insert, quote.internal) == ("insert", "quote:Q1", True)


def test_who_checked_must_be_said():
    with pytest.raises(ThemebookError, match=r"line 3: \{checked\} does not say who"):
        parse("a\n\nb {checked}")


@pytest.mark.parametrize("reference", ["theme:T01", "chart:x", "headlines", "outlook", "quotes:T01", "asked", "trends"])
def test_a_piece_stands_alone_and_a_figure_in_a_sentence(reference):
    assert kinds(f"{{{reference}}}") == ["insert"]
    assert kinds(f"a {{{reference}}}") == ["paragraph"]
    assert kinds("{theme:T01.share}") == ["paragraph"]


def test_what_is_escaped_is_no_reference():
    assert [span.style for span in parse(r"a \{b} c").blocks[0].spans] == [""]


def test_underscores_in_references_are_no_emphasis():
    spans = parse("_so_ {share:a_b.c_d[e=f_g]@2025} and _so_").blocks[0].spans
    assert [span.text for span in spans if span.style == REFERENCE] == ["share:a_b.c_d[e=f_g]@2025"]


def test_markup_is_text_and_unsafe_links_lead_nowhere():
    spans = parse("<script>x()</script> [a](javascript:x) [b](https://example.org) [c](/etc/passwd)").blocks[0].spans
    assert "<script>x()</script>" in "".join(span.text for span in spans)
    assert {span.href for span in spans} == {"", "https://example.org"}


def test_pictures_are_refused():
    with pytest.raises(ThemebookError, match="line 2: a picture"):
        parse("a\n![b](c.png)")


@pytest.mark.parametrize("head", ["- a", "other: 1", "names: [a]", "a: ["])
def test_a_head_that_cannot_be_read_is_one_error(head):
    with pytest.raises(ThemebookError, match="at its head"):
        parse(f"---\n{head}\n---\ntext")


@given(st.text(max_size=400))
def test_any_text_is_read_or_refused_in_one_message(text):
    try:
        story = parse(text)
    except ThemebookError as error:
        assert "report.md" in error.what
    else:
        last = text.count("\n") + text.count("\r") + 1
        assert all(1 <= block.line <= last for block in story.blocks)


@given(st.lists(st.from_regex(r"[a-z]+:[a-z_.]{1,20}", fullmatch=True), max_size=6))
def test_every_reference_is_found_in_its_order(references):
    text = "Words " + " and ".join(f"{{{each}}}" for each in references) + " end."
    found = [span.text for span in spans_of(parse(text).blocks) if span.style == REFERENCE]
    assert found == references


def test_sentences_hold_their_figures(told):
    table = sentences(told("First. Of {n:waves} waves,\nthe last\nhad {n:respondents}. None here. {n:waves} again."))
    rows = table.to_dict("records")
    assert [(row["line"], row["reference"]) for row in rows] == [(1, "n:respondents"), (1, "n:waves"), (3, "n:waves")]
    assert rows[0]["sentence"] == "Of {n:waves} waves, the last had {n:respondents}."


def test_changed_lists_what_prints_otherwise_and_nothing_else(told):
    before = sentences(told("There were {n:respondents}. And {n:waves}."))
    now = before.assign(figure=["81" if figure == "80" else figure for figure in before["figure"]])
    assert changed(before, before) == []
    assert changed(before, now) == ["line 1: “There were {n:respondents}.”: {n:respondents} was 80, is 81"]
    assert changed(before.iloc[:0], now) == []
