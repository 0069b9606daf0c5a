"""The content model's records: frozen, JSON-serialisable, and the same for every format."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.foundation.params import Section
from pipeline.report.house import House

CONTENT_FILE = "reports/internal/content.json"


class Cell(Section):
    """One figure: ``n`` of ``base`` respondents of one wave.

    ``share`` is between 0 and 1, None where it is not known. ``low`` and ``high`` bound the share where an interval is
    given. ``method`` is empty for closed questions. A cell that is too small to be shown has ``n`` and ``share`` None;
    ``hidden`` says that suppression hid it, for its own size or so that another cannot be worked out.
    """

    wave: str
    base: int = 0
    n: int | None = None
    share: float | None = None
    low: float | None = None
    high: float | None = None
    method: str = ""
    hidden: bool = False


class Row(Section):
    """One bar of a chart, with one cell for each of the chart's waves (None: no figure for that wave).

    ``parts`` names what a row counts together: options of a box or net, or the themes of a combined one.
    """

    label: str
    cells: tuple[Cell | None, ...]
    folded: bool = False
    key: str = ""
    parts: tuple[str, ...] = ()

    @property
    def latest(self) -> Cell | None:
        """The cell of the last wave."""
        return self.cells[-1] if self.cells else None


class Numbers(Section):
    """The answers to a numeric question in one wave: all figures are of the ``n`` who gave a number.

    ``base`` answered, of ``asked``. The least and the most are single answers, None on a page for outside.
    """

    wave: str
    n: int
    base: int
    asked: int
    mean: float
    lower: float
    median: float
    upper: float
    least: float | None
    most: float | None
    weighted: bool


class Chart(Section):
    """One figure and the table under it.

    ``key`` is the question's id. ``rows`` stand in the order in which they are drawn. ``left_out`` counts the rows that
    are only in the tables. ``nets`` are boxes and nets: rows that count some of the others together. ``numbers`` stand
    in place of bars (numeric questions).
    """

    key: str
    title: str
    kind: str = ""
    attribute: bool = False
    waves: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    left_out: int = 0
    note: str = ""
    nets: tuple[Row, ...] = ()
    numbers: tuple[Numbers, ...] = ()

    @property
    def base(self) -> int:
        """How many respondents the latest wave's shares are of."""
        return max((row.latest.base for row in self.rows if row.latest), default=0)


class CrossTable(Section):
    """The themes of one open question across the answers to a closed one, in one wave: a row a theme.

    ``of`` says of whom the shares are: those who had ``chosen`` the answer of a column, or ``raised`` the theme of a
    row. Cells stand by column; None where too few respondents are behind a figure. ``options`` says of each column
    whether it is a single option rather than several counted together, ``single`` whether a respondent chose only one.
    """

    closed_id: str
    question_id: str
    question: str
    wave: str
    of: str
    columns: tuple[str, ...]
    options: tuple[bool, ...]
    single: bool
    rows: tuple[Row, ...]
    note: str = ""

    @property
    def bases(self) -> tuple[int, ...]:
        """The largest base in each column."""
        return tuple(
            max((c.base for row in self.rows if (c := row.cells[i])), default=0) for i in range(len(self.columns))
        )


class WaveInfo(Section):
    """One wave: its file, who was invited and who answered."""

    id: str
    file: str
    sha256: str
    invited: int | None
    respondents: int
    sentence: str


class Headline(Section):
    """One large figure of a closed question."""

    question_id: str
    question: str
    answer: str
    cell: Cell
    previous: Cell | None
    options: tuple[str, ...]
    figure: str
    of: str
    change: str


class Quote(Section):
    """One piece of evidence: masked words of a respondent, to stand by themselves or (a fragment) in a sentence.

    Segment and wave are all that is said of who spoke; ``segment_base`` is how many respondents the segment has there.
    ``score`` (0 to 1) is what it was chosen by, None for one that stands by a decision alone; none is told outside.
    """

    quote_id: str
    theme_id: str
    question_id: str
    kind: str
    response_id: str
    wave: str
    segment: str
    segment_label: str
    segment_base: int
    rank: int
    display: str
    approved: bool
    score: float | None = None

    @property
    def attribution(self) -> str:
        """What stands under the quote."""
        return " · ".join(part for part in (self.segment_label or "A respondent", self.wave) if part)


class SegmentRow(Section):
    """A theme's share among the respondents of one attribute's value, or of one side.

    ``against`` says how it differs from the others' share.
    """

    value: str
    cell: Cell
    against: str = ""


class SegmentTable(Section):
    """A theme by the values of one attribute."""

    attribute_id: str
    title: str
    rows: tuple[SegmentRow, ...]
    hidden: int = 0


class Way(Section):
    """One way in which a share was counted, with its interval in words."""

    name: str
    cell: Cell
    interval: str


class Part(Section):
    """A theme's figure for one question, where it belongs to several."""

    question_id: str
    question: str
    cell: Cell


class Proposed(Section):
    """How many of those who mention a theme propose something about it, with proposals in people's words.

    ``examples`` are masked words for the team; ``quotes`` are the theme's quotes that propose.
    """

    cell: Cell
    sentence: str
    examples: tuple[str, ...]
    quotes: tuple[Quote, ...]


class Contradiction(Section):
    """How many answers read like another side than the one ticked, listed for reading by the team."""

    sentence: str
    answers: tuple[str, ...]


class ThemeBlock(Section):
    """Everything said about one theme, at its one home: a question, or empty for all open questions together.

    ``quotes`` stand by themselves; ``fragments`` are words for running text.
    ``lineage`` says what it was called, took in or was split from. ``basis`` says what its coding rests on, ``warning``
    that this is little, ``flags`` what the rules found on it. ``ways`` give its share in each way in which it was
    counted, ``surety`` how sure it is and what would make it surer. ``tested`` is what the test found of the change:
    ``difference``, ``none`` or empty. ``stability`` says whether a coder taught otherwise finds the same.
    """

    id: str
    name: str
    question_id: str
    role: str
    group: str
    lineage: str
    definition: str
    include: str
    exclude: str
    examples: int
    basis: str
    warning: str
    flags: tuple[str, ...]
    cell: Cell | None
    history: tuple[Cell, ...]
    sentence: str
    method: str
    change: str
    surety: str
    ways: tuple[Way, ...]
    parts: tuple[Part, ...]
    segments: tuple[SegmentTable, ...]
    quotes: tuple[Quote, ...]
    fragments: tuple[Quote, ...]
    proposed: Proposed | None = None
    tested: str = ""
    stability: str = ""


class Break(Section):
    """A wave that cannot be compared with the one before: what was done otherwise, as words and as a sentence."""

    wave: str
    what: tuple[str, ...]
    sentence: str


class PublishedRow(Section):
    """One published share beside today's; ``fate`` says what became of the theme since, ``now`` is None if it ended."""

    question_id: str
    question: str
    theme_id: str
    now_id: str
    theme: str
    fate: str
    published: Cell
    now: Cell | None
    difference: float | None


class Release(Section):
    """What was published under one name."""

    name: str
    sentence: str
    rows: tuple[PublishedRow, ...]


class OpenQuestion(Section):
    """One open question: how many answered, and its themes ranked. ``themes`` name the blocks whose home it is."""

    id: str
    text: str
    answered: tuple[Cell, ...]
    sentence: str
    chart: Chart | None
    themes: tuple[ThemeBlock, ...]
    asks: str = ""
    breaks: tuple[Break, ...] = ()


class Side(Section):
    """One side of the question that is explained: its share, and its words."""

    name: str
    options: tuple[str, ...]
    cell: Cell
    sentence: str
    quotes: tuple[Quote, ...]


class Reasons(Section):
    """The themes of one group, with their shares among everybody and on each side."""

    name: str
    chart: Chart
    by_side: tuple[SegmentTable, ...]


class Outlook(Section):
    """A closed question, and the open question that gives its reasons."""

    question_id: str
    question: str
    open_id: str
    open_text: str
    heading: str
    chart: Chart
    sides: tuple[Side, ...]
    rest: Cell | None
    reasons: tuple[Reasons, ...]
    method: str
    typical: tuple[str, ...] = ()
    contradiction: Contradiction | None = None


class Candidate(Section):
    """What the machine proposes beyond the codebook; a broad one is followed by the finer ones under it."""

    id: str
    name: str
    broad: bool
    parent_id: str
    n_units: int
    n_responses: int
    stability: str
    details: str
    nearest: str
    rejected: str
    examples: tuple[str, ...]


class Finding(Section):
    """What recent waves say more often, or hardly any more, than those before, and no theme explains."""

    id: str
    kind: str
    name: str
    question: str
    sentence: str
    examples: tuple[str, ...]


class News(Section):
    """What is new in the newest wave, what fades, and whether its answers differ as a whole."""

    wave: str
    emerging: tuple[Finding, ...]
    fading: tuple[Finding, ...]
    drift: tuple[str, ...]


class Loss(Section):
    """How many cells of one question and wave had one status, and why."""

    wave: str
    question_id: str
    question: str
    status: str
    reason: str
    n: int


class Answer(Section):
    """One coded answer, masked."""

    response_id: str
    wave: str
    question_id: str
    themes: tuple[str, ...]
    source: str
    text: str


class Metric(Section):
    """One number of a metrics file."""

    family: str
    name: str
    value: str


class Fact(Section):
    """One line of the methods: what it is, and what is known of it."""

    name: str
    value: str


class MethodItem(Section):
    """One item of the methods: what the pipeline knows, what a person says of it, and what a person must still say.

    ``guideline`` names the items of CHERRIES or SRQR that it answers. ``text`` and ``facts`` tell nothing of how many
    answered what; ``measured`` holds what was counted or measured in the answers, ``team`` what is not for outside.
    ``said`` is in the researcher's own words; ``open`` says what a person must add, and is empty where one did.
    """

    key: str
    group: str
    title: str
    guideline: str = ""
    text: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    measured: tuple[Fact, ...] = ()
    team: tuple[Fact, ...] = ()
    said: str = ""
    open: str = ""


class Checked(Section):
    """What one rule of a good theme set found: its title, why it matters, and a line a finding."""

    title: str
    why: str
    lines: tuple[Fact, ...]


class AgreementRow(Section):
    """Agreement on one theme, or all: figures with intervals as they are shown, and what they mean."""

    theme: str
    f1: str
    kappa: str
    ac1: str
    people: str
    people_kappa: str
    sentence: str


class Differing(Section):
    """One answer that was coded differently, masked: by machine and people, or by two persons."""

    machine: bool
    text: str
    said: str


class Agreement(Section):
    """How far machine and readers agree. ``reader`` is the name of a machine reader where no person coded.

    ``answers`` were compared with the machine, ``several`` were coded by two people or more.
    """

    reader: str
    answers: int
    several: int
    confidence: str
    ceiling: str
    rows: tuple[AgreementRow, ...]
    differing: tuple[Differing, ...]


class Decided(Section):
    """One decision: who took it and when, what it says and why, and whether it stands."""

    id: str
    time: str
    reviewer: str
    said: str
    why: str
    stands: str
    conflict: str


class MapKind(Section):
    """What the points of one mark are: a theme (``themed``), several of the others, or units without one.

    ``n`` of all units are such, ``places`` those that are drawn, each from 0 to 1000 across and up.
    """

    name: str
    themed: bool
    n: int
    places: tuple[tuple[int, int], ...]


class UnitMap(Section):
    """The units in a plane, alike ones near each other: ``drawn`` of ``total``, evenly sampled."""

    kinds: tuple[MapKind, ...]
    drawn: int
    total: int


class Figure(Section):
    """One figure, name or sentence that the researcher's text may refer to, as every format prints it.

    ``kind`` is ``share``, ``count``, ``change`` or ``words``. ``value`` is a share (0 to 1), a count, or a difference
    of two shares (-1 to 1). Of a change, ``before`` is the earlier share, and ``tested`` says what the test found:
    ``difference`` (more than chance), ``none`` (no evidence) or empty (not tested). Figures of one ``among`` can be
    ranked with each other; an empty one stands alone. ``about`` says in words what it is.
    """

    reference: str
    text: str
    about: str
    kind: str = "words"
    value: float | None = None
    before: float | None = None
    tested: str = ""
    among: str = ""
    wave: str = ""


class Span(Section):
    """A stretch of the researcher's text: words, or one figure or quote that a reference stands for.

    ``style`` is empty, ``strong``, ``emphasis``, ``code`` or ``break`` (a new line); ``href`` makes it a link.
    """

    text: str
    style: str = ""
    href: str = ""
    figure: Figure | None = None
    quote: Quote | None = None


class Block(Section):
    """One piece of the researcher's text.

    ``kind`` is ``heading`` (of a ``level``, 1 to 6), ``paragraph``, ``list`` (its ``children`` are ``item``),
    ``item``, ``said`` (a block quotation of the author's), ``code``, ``rule``, ``table`` (of ``row`` of ``cell``), or
    ``insert``: what the reference in ``insert`` stands for, such as a chart or all that is known of a theme; a pull
    quote is an insert whose one span holds it. ``line`` is where it begins in the file, ``checked`` by whom its words
    were checked, ``internal`` keeps it inside the team.
    """

    kind: str
    line: int
    level: int = 0
    ordered: bool = False
    spans: tuple[Span, ...] = ()
    children: tuple[Block, ...] = ()
    insert: str = ""
    checked: str = ""
    internal: bool = False


class Content(Section):
    """All that any format of the report shows, built once.

    ``story`` is the text that leads through it: the researcher's, or one ``drafted`` from the results. ``quotes`` are
    all quotes, whether they stand in the report or not. ``house`` is its style, the same in every format.
    """

    title: str
    note: str
    audience: str
    sampling: str
    provisional: bool
    min_segment: int
    flag_segment: int
    suppress: int
    quotes_per_theme: int
    summary: tuple[str, ...]
    waves: tuple[WaveInfo, ...]
    who: tuple[Chart, ...]
    headlines: tuple[Headline, ...]
    choices: tuple[Chart, ...]
    closed: tuple[Chart, ...]
    crosses: tuple[CrossTable, ...]
    crosses_left_out: int
    outlooks: tuple[Outlook, ...]
    overall: OpenQuestion | None
    questions: tuple[OpenQuestion, ...]
    releases: tuple[Release, ...]
    candidates: tuple[Candidate, ...]
    news: News | None
    checked: tuple[Checked, ...]
    unclaimed: int
    unclaimed_of: int
    unclaimed_examples: tuple[str, ...]
    losses: tuple[Loss, ...]
    uncoded: int
    unexplained: int
    unexplained_examples: tuple[Answer, ...]
    answers: tuple[Answer, ...]
    answers_left_out: int
    agreement: Agreement | None
    metrics: tuple[Metric, ...]
    coders: tuple[str, ...]
    decisions: tuple[Decided, ...]
    retired: tuple[str, ...]
    former: tuple[Fact, ...]
    limits: tuple[str, ...]
    quotes: tuple[Quote, ...] = ()
    story: tuple[Block, ...] = ()
    methods: tuple[MethodItem, ...] = ()
    drafted: bool = False
    house: House = House()
    unit_map: UnitMap | None = None

    @property
    def machine_coders(self) -> bool:
        """Whether some of the codes that the coder is compared with were given by a machine."""
        return any(coder.startswith("machine:") for coder in self.coders)

    @property
    def themes(self) -> Iterator[ThemeBlock]:
        """Every theme once, those of all questions together first."""
        for question in ((self.overall,) if self.overall else ()) + self.questions:
            yield from question.themes
