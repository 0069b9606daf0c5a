"""Whole runs after an edit: a wave more or less, another codebook, decisions on quotes."""

import html

import pandas as pd
from walk import ROOT, TABLES, copy_of, hashes, ran, repro, run


def test_a_wave_added_and_removed(whole, tmp_path):
    project = copy_of(whole, tmp_path / "project")
    run(project, "themebook", "wave", "remove", "2026")
    repro(project)
    alone = hashes(project, *TABLES, "reports/prevalence.csv", "reports/metrics")
    assert not any("2026" in name for name in alone)
    run(project, "themebook", "wave", "add", f"2026={ROOT / 'data/raw/2026.csv'}")
    out = repro(project)
    assert {"ingest@2026", "segment@2026", "embed@2026", "code"} <= ran(out)
    assert {"ingest@2025", "segment@2025", "embed@2025"} & ran(out) == set()
    both = hashes(project, *TABLES)
    assert {k: v for k, v in both.items() if "/2025." in k} == {k: v for k, v in alone.items() if "/2025." in k}
    assert both == hashes(whole, *TABLES)


def test_a_codebook_edit_runs_from_code_on_and_a_new_theme_is_there(project):
    path = project / "data/codebook/codebook.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "- {id: T90, name: Rules for artificial intelligence, definition: Rules on AI tools.}\n")
    out = repro(project)
    assert "code" in ran(out)
    assert not any("@" in stage for stage in ran(out))
    assert "T90" in set(pd.read_csv(project / "reports/prevalence.csv")["theme_id"])


def test_an_empty_codebook_reports_candidates_and_what_of_gold_is_not_scored(project):
    (project / "data/codebook/codebook.yaml").write_text("[]\n")
    assert "codes that the codebook lacks" in repro(project)
    assert len(pd.read_parquet(project / "data/candidates/candidates.parquet")) > 5
    assert "provisional" in (project / "reports/internal/themes.html").read_text(encoding="utf-8").lower()


def test_an_approved_quote_is_public_and_a_rejected_one_is_gone(project):
    quotes = pd.read_parquet(project / "data/coded/quotes.parquet")
    fresh = quotes[~quotes["approved"] & (quotes["segment"] == "")]
    yes, no = fresh.iloc[0], fresh.iloc[1]
    run(project, "themebook", "quote", "approve", yes["quote_id"], "--reviewer", "ann")
    run(project, "themebook", "quote", "reject", no["quote_id"], "--reviewer", "ann")
    out = repro(project)
    assert {"quote", "report", "print"} <= ran(out) <= {"code", "quote", "report", "print"}
    after = pd.read_parquet(project / "data/coded/quotes.parquet").set_index("quote_id")
    assert after.loc[yes["quote_id"], "approved"]
    assert no["quote_id"] not in after.index
    public = html.unescape((project / "reports/public/themes.html").read_text(encoding="utf-8"))
    assert yes["display"] in public
    assert no["display"] not in public
