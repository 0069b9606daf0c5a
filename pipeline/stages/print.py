"""Print the public report as PDF and Word, and the figures and codes as workbooks."""

from __future__ import annotations

from pathlib import Path

from pipeline.evidence.told import read_told
from pipeline.foundation import contracts as c
from pipeline.foundation.log import notice, say
from pipeline.foundation.tables import read_bytes, read_json, read_text, read_waves, write_bytes
from pipeline.report.coded_sheets import coded_sheets
from pipeline.report.house import house_file
from pipeline.report.pdf import fitting, pdf
from pipeline.report.public import to_public
from pipeline.report.records import CONTENT_FILE, Content
from pipeline.report.word import word
from pipeline.report.workbook import internal_workbook, public_workbook
from pipeline.survey.description import load_survey
from pipeline.themes.codebook import EFFECTIVE_FILE, from_effective

PUBLIC, INTERNAL = Path("reports/public"), Path("reports/internal")


def run(wave: str | None = None) -> None:
    """Write the PDF, the Word document and the two workbooks."""
    survey = load_survey()
    waves = list(survey.waves)
    content = Content.model_validate_json(read_text(Path(CONTENT_FILE), "Run `dvc repro`, which makes it."))
    public = to_public(content)
    coded = coded_sheets(
        content,
        survey=survey,
        codebook=from_effective(read_json(EFFECTIVE_FILE)),
        responses=read_waves(c.RESPONSES, waves),
        redactions=read_waves(c.REDACTIONS, waves),
        mentions=read_told(),
    )
    room = fitting(public)
    template = public.house.document.template
    document = word(
        public, room, template=read_bytes(house_file(template, "document.template"), "") if template else None
    )
    for line in document.notices:
        notice(line)
    made = {
        PUBLIC / "report.pdf": pdf(public, room),
        PUBLIC / "report.docx": document.file,
        PUBLIC / "figures.xlsx": public_workbook(public),
        INTERNAL / "report.xlsx": internal_workbook(content, coded),
    }
    for path, file in made.items():
        write_bytes(path, file)
    say("print", **{path.name.replace(".", "_") + "_kb": len(file) // 1000 for path, file in made.items()})
