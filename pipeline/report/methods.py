"""The methods appendix, which writes itself: what the pipeline knows, and what a person must still say.

Items are those of two guidelines, by their names and numbers: CHERRIES for what was asked of whom (Eysenbach G.,
Improving the Quality of Web Surveys: The Checklist for Reporting Results of Internet E-Surveys, J Med Internet Res
2004;6(3):e34), and SRQR for the analysis of words (O'Brien B.C., Harris I.B., Beckman T.J., Reed D.A., Cook D.A.,
Standards for Reporting Qualitative Research: A Synthesis of Recommendations, Acad Med 2014;89(9):1245-1251). SRQR 1 to
4 (title, abstract, introduction) and 18 (discussion) are the researcher's own text and no methods.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from pipeline.foundation.errors import ThemebookError, closest
from pipeline.report import methods_coding as coding
from pipeline.report import methods_data as data
from pipeline.report import methods_record as record
from pipeline.report import methods_trust as trust
from pipeline.report.inputs import Inputs
from pipeline.report.known import Known
from pipeline.report.records import Content, MethodItem
from pipeline.report.wording import tame

WHO = "Who was asked, and who answered"
ANSWERS = "The answers, and what was done to them"
ANALYSIS = "How the answers were coded and counted"
TRUST = "What shows how far it can be trusted"
LIMITS = "What the figures cannot say"
PEOPLE = "What only people can say"
AGAIN = "What it takes to run it again"
NOT_STATED = "not_stated"
_MUST = "A person must say: "


class Item(NamedTuple):
    """One item: the key under which a person may add to it, and what they must say that no pipeline knows."""

    key: str
    group: str
    title: str
    guideline: str = ""
    open: str = ""


ITEMS = (
    Item(
        "sampling",
        WHO,
        "Whom the survey asked",
        "CHERRIES: Design; SRQR 8: Sampling strategy",
        "whom the survey was meant for, and how those who were asked were found or drawn",
    ),
    Item(
        "recruitment",
        WHO,
        "How people were reached",
        "CHERRIES: Recruitment process and description of the sample having access to the questionnaire",
        "whether anybody could take part or only those invited, how they were first contacted, and how the survey was "
        "made known",
    ),
    Item(
        "development",
        WHO,
        "How the questionnaire was made",
        "CHERRIES: Development and pre-testing; SRQR 11: Data collection instruments and technologies",
        "how the questions were found and tested, and with what tool they were asked",
    ),
    Item(
        "administration",
        WHO,
        "How the survey was run",
        "CHERRIES: Survey administration; SRQR 10: Data collection methods",
        "when it was open, where it stood, whether it was voluntary and rewarded, in what order questions came, and "
        "whether answers could be changed or left out",
    ),
    Item(
        "response",
        WHO,
        "Response rates",
        "CHERRIES: Response rates",
        "who was not reached, and how those who did not answer may differ from those who did",
    ),
    Item(
        "entries",
        WHO,
        "Several entries by one person",
        "CHERRIES: Preventing multiple entries from the same individual",
        "how several entries by one person were kept out (cookies, addresses, log files or registration)",
    ),
    Item("units", ANSWERS, "Units of study", "SRQR 12: Units of study"),
    Item("cleaning", ANSWERS, "The cleaning ledger", "SRQR 13: Data processing"),
    Item("incomplete", ANSWERS, "Incomplete questionnaires", "CHERRIES: Analysis"),
    Item(
        "personal",
        ANSWERS,
        "Personal data",
        "CHERRIES: IRB approval and informed consent process (data protection); SRQR 13: Data processing",
        "which personal data were collected, where and how long they are kept, and who can see them",
    ),
    Item(
        "approach",
        ANALYSIS,
        "Approach",
        "SRQR 5: Qualitative approach and research paradigm",
        "why this approach, and in which tradition of research it stands",
    ),
    Item(
        "codebook",
        ANALYSIS,
        "The codebook",
        "SRQR 14: Data analysis",
        "how the themes came about: from theory, from earlier surveys or from these answers, and by whom",
    ),
    Item("read", ANALYSIS, "Answers coded by readers", "SRQR 14: Data analysis"),
    Item("coder", ANALYSIS, "The machine that coded", "SRQR 14: Data analysis"),
    Item("candidates", ANALYSIS, "Beyond the codebook", "SRQR 14: Data analysis"),
    Item(
        "shares",
        ANALYSIS,
        "How shares were counted",
        "CHERRIES: Analysis (statistical correction)",
        "how the weights were made, and what they put right",
    ),
    Item("differences", ANALYSIS, "How shares were compared"),
    Item("small_numbers", ANALYSIS, "Small numbers"),
    Item("agreement", TRUST, "Agreement", "SRQR 15: Techniques to enhance trustworthiness"),
    Item("stability", TRUST, "Stability", "SRQR 15: Techniques to enhance trustworthiness"),
    Item("decisions", TRUST, "Decisions of people", "SRQR 15: Techniques to enhance trustworthiness"),
    Item("quotes", TRUST, "Quotes", "SRQR 17: Links to empirical data"),
    Item("limitations", LIMITS, "Limitations", "SRQR 19: Limitations"),
    Item(
        "reflexivity",
        PEOPLE,
        "Researcher characteristics and reflexivity",
        "SRQR 6: Researcher characteristics and reflexivity",
        "who the researchers are, what they stand for, and how that may have shaped what they asked and saw",
    ),
    Item(
        "context",
        PEOPLE,
        "Context",
        "SRQR 7: Context",
        "where and in what situation the survey took place, and what of that matters for the answers",
    ),
    Item(
        "ethics",
        PEOPLE,
        "Ethics and consent",
        "CHERRIES: IRB approval and informed consent process; SRQR 9: Ethical issues pertaining to human subjects",
        "who approved the survey, what those who answered were told, and what they agreed to",
    ),
    Item(
        "synthesis",
        PEOPLE,
        "Synthesis and interpretation",
        "SRQR 16: Synthesis and interpretation",
        "how the findings were drawn from themes, figures and quotes, and by whom",
    ),
    Item(
        "conflicts",
        PEOPLE,
        "Conflicts of interest",
        "SRQR 20: Conflicts of interest",
        "what could have influenced the researchers, and how it was dealt with",
    ),
    Item("funding", PEOPLE, "Funding", "SRQR 21: Funding", "who paid, and what part they had in the work"),
    Item("versions", AGAIN, "Software and models"),
    Item("parameters", AGAIN, "Settings"),
    Item("hashes", AGAIN, "Files"),
)


def methods(inputs: Inputs, content: Content) -> tuple[MethodItem, ...]:
    """Write the methods.

    Parameters
    ----------
    inputs : Inputs
        ``said`` holds what people wrote, by the key of an item; it is shown as they wrote it, and the item is no longer
        marked.
    content : Content
        The rest of the content, of which agreement and limits are told again here.

    Returns
    -------
    tuple of MethodItem
        For the team, in the order of `ITEMS`; `outside` makes from it what may leave the team.
    """
    return tuple(_item(item, _known(item.key, inputs, content), inputs.said.get(item.key, "")) for item in ITEMS)


def check_said(said: Mapping[str, str], where: str) -> None:
    """Check that what people wrote on the methods belongs to items that there are.

    Parameters
    ----------
    said : mapping of str to str
        Text by the key of an item.
    where : str
        The file and key it stands under, for the message.

    Raises
    ------
    ThemebookError
        Naming the first key that is no item's, the closest that is, and all that are.
    """
    keys = [item.key for item in ITEMS]
    for key in said:
        if key not in keys:
            raise ThemebookError(
                f"{where}: the methods have no item `{key}`.", f"{closest(key, keys)} Known: {', '.join(keys)}.".strip()
            )


def outside(items: Iterable[MethodItem], measured: bool = True) -> tuple[MethodItem, ...]:
    """Give the methods as they may leave the team.

    What is for the team goes. What a person left open is listed as not stated: to pass over it would make the methods
    look whole.

    Parameters
    ----------
    items : iterable of MethodItem
    measured : bool
        Whether what was counted in the answers may be shown; where small numbers are hidden it may not.
    """
    items = tuple(items)
    kept = [item.model_copy(update={"team": (), "open": ""} | ({} if measured else {"measured": ()})) for item in items]
    kept = [item for item in kept if item.text or item.facts or item.measured or item.said]
    missing = tuple(f"{item.title}: {item.open.removeprefix(_MUST)}" for item in items if item.open)
    if missing:
        kept.append(MethodItem(key=NOT_STATED, group=PEOPLE, title="Not stated in this report", text=missing))
    return tuple(sorted(kept, key=lambda item: _GROUPS.index(item.group)))


_GROUPS = list(dict.fromkeys(item.group for item in ITEMS))
_BUILDERS: dict[str, Callable[[Inputs], Known]] = {
    "sampling": data.sampling,
    "administration": data.administration,
    "response": data.response,
    "entries": data.entries,
    "units": data.units,
    "cleaning": data.cleaning,
    "incomplete": data.incomplete,
    "personal": data.personal,
    "approach": coding.approach,
    "codebook": coding.codebook,
    "read": coding.read,
    "coder": coding.coder,
    "candidates": coding.candidates,
    "shares": coding.shares,
    "differences": coding.differences,
    "small_numbers": coding.small_numbers,
    "stability": trust.stability,
    "decisions": trust.decisions,
    "quotes": trust.quotes,
    "versions": record.versions,
    "parameters": record.parameters,
    "hashes": record.hashes,
}


def _item(item: Item, known: Known, said: str) -> MethodItem:
    missing = item.open if known.open is None else known.open
    return MethodItem(
        key=item.key,
        group=item.group,
        title=item.title,
        guideline=item.guideline,
        text=known.text,
        facts=known.facts,
        measured=known.measured,
        team=known.team,
        said=tame(said.strip()),
        open="" if said.strip() or not missing else f"{_MUST}{missing}.",
    )


def _known(key: str, inputs: Inputs, content: Content) -> Known:
    if key == "agreement":
        return trust.agreement(content.agreement)
    if key == "limitations":
        return trust.limitations(content)
    return _BUILDERS[key](inputs) if key in _BUILDERS else Known()
