"""The command line: `themebook init | demo | stage | check | plan | sample | wave | release | quote | history | …`."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import click

from pipeline import __version__
from pipeline.foundation.errors import ThemebookError, listing

# The last digits of a matrix product depend on how many threads share it, and a table must not depend on the machine's
# cores: work is spread over them in pieces (`foundation.cores.in_threads`, `foundation.shards`), each on one thread.
# NumPy and SciPy read this when they are loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

STAGE_NAMES = (
    "verify",
    "ingest",
    "segment",
    "embed",
    "tune",
    "code",
    "discover",
    "quote",
    "measure",
    "evaluate",
    "report",
    "print",
)
PER_WAVE = STAGE_NAMES[:4]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="themebook")
def cli() -> None:
    """From the free-text answers of a survey to a theme report that can be defended."""


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--wave", "waves", multiple=True, required=True, metavar="ID=FILE", help="A wave and its raw export.")
@click.option("--title", default="", help="Title of the reports.")
@click.option("--respondent-id", default="", metavar="COL", help="Column of the respondent's id.")
@click.option(
    "--open", "open_", multiple=True, metavar="COL", help="An open question; given once, no other is guessed."
)
@click.option("--closed", multiple=True, metavar="COL", help="A closed question.")
@click.option("--attribute", "attributes", multiple=True, metavar="COL", help="A closed question that segments.")
@click.option("--weight", default="", metavar="COL", help="Column of weights.")
@click.option("--codebook", type=click.Path(path_type=Path), help="A codebook.yaml to start from.")
@click.option("--gold", type=click.Path(path_type=Path), help="A gold.csv to start from.")
def init(
    folder: Path,
    waves: tuple[str, ...],
    title: str,
    respondent_id: str,
    open_: tuple[str, ...],
    closed: tuple[str, ...],
    attributes: tuple[str, ...],
    weight: str,
    codebook: Path | None,
    gold: Path | None,
) -> None:
    """Make a project FOLDER from raw exports; each guess is printed with its reason."""
    from pipeline.project import create

    lines = create.init(
        folder,
        create.wave_files(waves),
        title=title,
        respondent_id=respondent_id,
        open_=open_,
        closed=closed,
        attributes=attributes,
        weight=weight,
        codebook=codebook,
        gold=gold,
    )
    for line in lines:
        click.echo(line)
    click.echo(f"\nNext: cd {folder} && dvc repro\nThe internal report will be reports/internal/themes.html.")


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
def demo(folder: Path) -> None:
    """Make a project FOLDER of the sample survey (invented for illustration)."""
    from pipeline.project import create

    create.demo(folder)
    click.echo(f"Next: cd {folder} && dvc repro\nThe internal report will be reports/internal/themes.html.")


@cli.command()
@click.argument("names", type=click.Choice(STAGE_NAMES), nargs=-1, required=True, metavar="NAME...")
@click.option("--wave", metavar="W", help="The wave, for the stages that work wave by wave.")
def stage(names: tuple[str, ...], wave: str | None) -> None:
    """Run stages in the project folder, with or without DVC; several in one process, as they are named. Their order:
    verify, ingest, segment, embed (wave by wave; all listed waves where none is named), tune, code, discover, quote,
    measure, evaluate, report, print."""  # noqa: D205,D209
    from pipeline.project.stamp import check_stamp
    from pipeline.survey.description import load_survey

    check_stamp()
    known = load_survey().waves
    if wave is not None and wave not in known:
        raise ThemebookError(f"data/survey.yaml has no wave `{wave}`.", f"Known: {listing(known)}.")
    for name in names:
        module = importlib.import_module(f"pipeline.stages.{name}")
        if name not in PER_WAVE:
            module.run()
            continue
        for each in [wave] if wave is not None else known:
            module.run(each)


@cli.command()
@click.option("--fix", is_flag=True, help="Write missing theme ids, the encoder's manifest and the version stamp.")
def check(fix: bool) -> None:
    """Check what people wrote, the raw files and the models, before a run."""
    from pipeline.project import check as checks

    for line in checks.check(fix):
        click.echo(line)


@cli.command()
@click.option(
    "--width",
    type=click.FloatRange(1, 99),
    default=10.0,
    show_default=True,
    help="Wanted width of intervals, in points.",
)
@click.option("--wave", "waves", multiple=True, metavar="W", help="Only this wave; may be given again.")
@click.option("--question", "questions", multiple=True, metavar="Q", help="Only this question; may be given again.")
@click.option("--theme", "themes", multiple=True, metavar="T", help="Only this theme; may be given again.")
def plan(width: float, waves: tuple[str, ...], questions: tuple[str, ...], themes: tuple[str, ...]) -> None:
    """Say how many more answers people should read, and which, for shares that are as sure as wanted."""
    from pipeline.project import plan as plans

    for line in plans.plan(width / 100, waves, questions, themes):
        click.echo(line)


@cli.group(invoke_without_command=True)
@click.option("--n", type=click.IntRange(1), help="How many answers to draw.")
@click.option("--coder", default="", metavar="NAME", help="Who will code them; stands in every row.")
@click.option("--wave", "waves", multiple=True, metavar="W", help="Only this wave; may be given again.")
@click.option("--question", "questions", multiple=True, metavar="Q", help="Only this question; may be given again.")
@click.option("--out", type=click.Path(path_type=Path), help="The workbook; data/sample/NAME.xlsx by default.")
@click.option("--seed", type=int, help="In place of the one in params.yaml: another draw.")
@click.option("--random-only", is_flag=True, help="At random throughout, none chosen to learn from.")
@click.pass_context
def sample(
    context: click.Context,
    n: int | None,
    coder: str,
    waves: tuple[str, ...],
    questions: tuple[str, ...],
    out: Path | None,
    seed: int | None,
    random_only: bool,
) -> None:
    """Draw answers for people to code into a workbook; `themebook sample read FILE` takes it back."""
    from pipeline.project import sample as samples

    if context.invoked_subcommand:
        return
    if n is None:
        raise click.UsageError("Give --n, how many answers to draw, or `read FILE`.", context)
    for line in samples.draw(n, coder, waves, questions, out, seed, random_only):
        click.echo(line)


@sample.command("read")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--coder", default="", metavar="NAME", help="Who coded the rows that name nobody.")
def sample_read(file: Path, coder: str) -> None:
    """Read a coded workbook FILE into gold.csv; with any problem, nothing is written."""
    from pipeline.project import sample as samples

    for line in samples.read(file, coder):
        click.echo(line)


@cli.group()
def wave() -> None:
    """Add a wave, remove one, or accept a changed raw file."""


@wave.command("add")
@click.argument("pair", metavar="ID=FILE")
@click.option("--rename", multiple=True, metavar="NEW=OLD", help="A new header, and the question or header it was.")
@click.option("--part", multiple=True, metavar="NEW=Q", help="A new header that is a further item or part of Q.")
@click.option("--not-asked", multiple=True, metavar="Q", help="A question that this wave did not ask.")
@click.option("--open", "open_", multiple=True, metavar="NEW", help="A new open question.")
@click.option("--closed", multiple=True, metavar="NEW", help="A new closed question.")
@click.option("--attribute", multiple=True, metavar="NEW", help="A new closed question that segments.")
@click.option("--new", multiple=True, metavar="NEW", help="A new question, of the kind that is guessed.")
@click.option("--ignore", multiple=True, metavar="NEW", help="A new column that is not needed.")
@click.option("--take-new", "rest", flag_value="new", help="Every other new column is a question, as guessed.")
@click.option("--ignore-new", "rest", flag_value="ignore", help="No other new column is needed.")
@click.option("--invited", type=click.IntRange(1), help="How many people were asked.")
@click.option("--mode-changed", default="", metavar="WORDS", help="How it was asked otherwise: `online, not paper`.")
@click.option("--sampling-changed", default="", metavar="WORDS", help="Who was asked otherwise: `members only`.")
@click.option("--wording-changed", multiple=True, metavar="Q", help="A question worded otherwise under its old header.")
def wave_add(
    pair: str,
    invited: int | None,
    mode_changed: str,
    sampling_changed: str,
    wording_changed: tuple[str, ...],
    rest: str | None,
    open_: tuple[str, ...],
    **named: tuple[str, ...],
) -> None:
    """Add a wave from its raw export; columns that are not the survey's are asked about, never guessed."""
    from pipeline.project import columns, waves
    from pipeline.survey.matched import Replies

    replies = Replies(open=open_, rest=rest or "", **named)  # type: ignore[arg-type]
    changed = {"wording": list(wording_changed), "mode": mode_changed, "sampling": sampling_changed}
    ask = columns.ask if sys.stdin.isatty() else None
    for line in waves.add(pair, replies, changed, invited, ask):
        click.echo(line)


@wave.command("remove")
@click.argument("name", metavar="ID")
def wave_remove(name: str) -> None:
    """Take a wave out; its raw file is kept."""
    from pipeline.project import waves

    click.echo(waves.remove(name))


@wave.command("accept")
@click.argument("name", metavar="ID")
def wave_accept(name: str) -> None:
    """Accept a wave's raw file as it is now."""
    from pipeline.project import waves

    click.echo(waves.accept(name))


@cli.command()
@click.argument("name", required=False, default="")
@click.option("--list", "list_", is_flag=True, help="List the releases and check their hashes.")
@click.pass_context
def release(context: click.Context, name: str, list_: bool) -> None:
    """Freeze codebook, coder, mentions and shares under a NAME: published figures never change."""
    from pipeline.project import release as releases

    if not name and not list_:
        raise click.UsageError("Give a NAME, or --list.", context)
    for line in releases.listed() if list_ else releases.release(name):
        click.echo(line)


@cli.group()
def quote() -> None:
    """List quotes, and approve or reject them for the public report."""


@quote.command("list")
@click.option("--theme", default="", help="Only this theme's.")
def quote_list(theme: str) -> None:
    """List the chosen quotes as they would be printed."""
    from pipeline.project import quotes

    for line in quotes.listed(theme):
        click.echo(line)


@quote.command("approve")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--reviewer", required=True, help="Who decides; names the file of decisions.")
@click.option("--why", default="", help="The reason, kept with the decision.")
def quote_approve(ids: tuple[str, ...], reviewer: str, why: str) -> None:
    """Approve quotes for the public report."""
    from pipeline.project import quotes

    click.echo(quotes.decide(ids, "approve_quote", reviewer, why))


@quote.command("reject")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--reviewer", required=True, help="Who decides; names the file of decisions.")
@click.option("--why", default="", help="The reason, kept with the decision.")
def quote_reject(ids: tuple[str, ...], reviewer: str, why: str) -> None:
    """Reject quotes: they are not chosen again."""
    from pipeline.project import quotes

    click.echo(quotes.decide(ids, "reject_quote", reviewer, why))


@cli.command()
def draft() -> None:
    """Write a first text of the report to data/report.md, drafted from the results, for you to rewrite."""
    from pipeline.project.refs import write_draft

    click.echo(write_draft())


@cli.command()
@click.argument("words", nargs=-1)
@click.option("--complete", is_flag=True, help="Write out references of data/report.md that are cut short.")
@click.option("--changed", "changes", is_flag=True, help="List sentences whose figures changed since the last commit.")
@click.option("--unbacked", is_flag=True, help="List sentences that claim a share with no figure beside it.")
def refs(words: tuple[str, ...], complete: bool, changes: bool, unbacked: bool) -> None:
    """Find what data/report.md may refer to: figures, names and quotes that hold all WORDS."""
    from pipeline.project import refs as references

    acts = {references.complete: complete, references.changes: changes, references.unbacked: unbacked}
    chosen = [act for act, given in acts.items() if given]
    if len(chosen) > 1 or (chosen and words):
        raise click.UsageError("Give WORDS, or one of --complete, --changed and --unbacked.")
    for line in chosen[0]() if chosen else references.listed(words):
        click.echo(line)


@cli.command()
@click.argument("theme", metavar="THEME")
def history(theme: str) -> None:
    """Tell the life of a THEME, by id or name: where it comes from and every decision that speaks of it."""
    from pipeline.project.history import history as tell

    for line in tell(theme):
        click.echo(line)


@cli.group(invoke_without_command=True)
@click.option("--port", type=click.IntRange(1024, 65535), help="In place of the one in params.yaml.")
@click.option(
    "--reviewer", default="", metavar="NAME", help="Who decides; names the file of decisions. Asked otherwise."
)
@click.option("--no-browser", is_flag=True, help="Print the address only.")
@click.pass_context
def review(context: click.Context, port: int | None, reviewer: str, no_browser: bool) -> None:
    """Open the review page: code answers, decide on candidates, themes and quotes. It listens on this machine only.

    `review workbook` and `review read` do the same by way of a spreadsheet.
    """
    if context.invoked_subcommand:
        return
    from pipeline.project.stamp import check_stamp
    from pipeline.review.serve import serve

    check_stamp()
    serve(reviewer or click.prompt("Who reviews? (letters, digits, _ - .)"), port, browser=not no_browser)


@review.command("workbook")
@click.option("--reviewer", required=True, metavar="NAME", help="Who decides and codes; names the file of decisions.")
@click.option("--out", type=click.Path(path_type=Path), help="The workbook; data/review/NAME.xlsx by default.")
def review_workbook(reviewer: str, out: Path | None) -> None:
    """Write themes, candidates, quotes, units and answers to code into a workbook; `themebook review read` takes it."""
    from pipeline.project import review as reviews

    for line in reviews.write(reviewer, out):
        click.echo(line)


@review.command("read")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--reviewer", default="", metavar="NAME", help="In place of the one the workbook was written for.")
def review_read(file: Path, reviewer: str) -> None:
    """Read a review workbook FILE: decisions and codes are recorded; with any problem, nothing is written."""
    from pipeline.project import review as reviews

    for line in reviews.read(file, reviewer):
        click.echo(line)


@cli.command()
@click.option("--clear", is_flag=True, help="Delete converted models and embeddings; what is needed is made again.")
def cache(clear: bool) -> None:
    """Say where converted models and embeddings are kept for all projects on this machine, and how large they are."""
    from pipeline.foundation.cache import clear_cache, describe_cache

    for line in clear_cache() if clear else describe_cache():
        click.echo(line)


def main() -> None:
    """Run the command line; a problem with what the user gave is one message, never a traceback."""
    try:
        cli(standalone_mode=False)
    except ThemebookError as error:
        click.echo(f"themebook: {error}", err=True)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)


if __name__ == "__main__":
    main()
