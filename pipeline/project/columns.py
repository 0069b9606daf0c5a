"""What `wave add` says and asks of columns that do not match, and how the answers are written into survey.yaml."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection
from typing import Any

import click
import yaml

from pipeline.foundation.errors import ThemebookError, listing
from pipeline.survey.matched import Matching, Missing, New, Replies

_TEXT = "tag:yaml.org,2002:str"
_PLAIN = re.compile(r"[^\W\d][\w ./()-]*")


def unsettled(matching: Matching, wave: str, file: str) -> ThemebookError:
    """Say what does not match, with the flags that would settle it, ready to be copied."""
    counts = [
        f"{len(names)} {one if len(names) == 1 else many} ({listing(names, 3)})"
        for names, one, many in (
            ([m.column for m in matching.missing], "question is missing from it", "questions are missing from it"),
            ([n.stem for n in matching.new], "new column or group of columns", "new columns or groups of columns"),
        )
        if names
    ]
    lines = [f"{file} does not match the survey (wave {wave}): {', '.join(counts)}. Nothing was written."]
    lines.append(f"{matching.same} columns have the same name and are taken.")
    lines += [line[:1].upper() + line[1:] + "." for line in matching.notices]
    if matching.missing:
        lines.append("\nMissing: was it renamed, or not asked?")
        lines += [line for each in matching.missing for line in _missing_lines(each)]
    if matching.new:
        lines.append("\nNew: is it a known question in other words, a new one, or not needed?")
        asked = {header for missing in matching.missing for header in missing.near}
        lines += [line for each in matching.new for line in _new_lines(each, asked)]
        lines.append("\nAll new columns without a flag of their own: --take-new (as guessed here) or --ignore-new.")
    return ThemebookError("\n".join(lines), f"\nThen again: themebook wave add {wave}={file} and the flags.")


def _missing_lines(missing: Missing) -> list[str]:
    lines = [f"  `{missing.column}` ({missing.kind})"]
    for i, header in enumerate(missing.near):
        lines += [f"    {'or perhaps' if i else 'perhaps now'} `{header}`:", f"      {_rename(header, missing.target)}"]
    return [*lines, f"    {'else ' if missing.near else ''}not asked:", f"      {_flag('not-asked', missing.target)}"]


def _new_lines(new: New, asked: Collection[str]) -> list[str]:
    many = f" ({len(new.headers)} columns)" if len(new.headers) > 1 else ""
    lines = [f"  `{new.stem}`{many}: {new.kind}: {new.why}"]
    lines += [f"    perhaps `{name}` in other words:\n      {_rename(new.stem, name)}" for name in new.near]
    if new.family_of:
        return [*lines, f"    else a new item:\n      {_flag('part', f'{new.stem}={new.family_of}')}"]
    lines += ["    perhaps one that is missing: see above"] if new.stem in asked else []
    lines.append("    else a new question, or not needed:" if len(lines) > 1 else "    a new question, or not needed:")
    return [*lines, f"      {_flag('new', new.stem)}", f"      {_flag('ignore', new.stem)}"]


def _rename(header: str, target: str) -> str:
    return _flag("rename", f"{header}={target}")


def _flag(name: str, value: str) -> str:
    """A flag as a shell takes it, in double quotes where these leave the text as it is."""
    safe = not set(value) & set('"$`\\!')
    return f'--{name} "{value}"' if safe else f"--{name} {shlex.quote(value)}"


def ask(matching: Matching, replies: Replies) -> Replies:
    """Ask about the first thing that is open, in a terminal; a suggestion is taken only where the answer is yes.

    Raises
    ------
    click.Abort
        If the user leaves; nothing was written.
    """
    if matching.missing:
        return _ask_missing(matching.missing[0], replies)
    return _ask_new(matching.new[0], replies)


def _ask_missing(missing: Missing, replies: Replies) -> Replies:
    click.echo(f"\nNot in the file: `{missing.column}` ({missing.kind}).")
    for header in missing.near:
        if click.confirm(f"  Is it `{header}` now?", default=False):
            return replies.plus("rename", f"{header}={missing.target}")
    if click.confirm("  Was it not asked in this wave?", default=False):
        return replies.plus("not_asked", missing.target)
    header = click.prompt("  Which column is it now? (Ctrl-C leaves; nothing is written)")
    return replies.plus("rename", f"{header}={missing.target}")


def _ask_new(new: New, replies: Replies) -> Replies:
    many = f" ({len(new.headers)} columns)" if len(new.headers) > 1 else ""
    click.echo(f"\nNew in the file: `{new.stem}`{many}. It looks like {new.kind}: {new.why}.")
    for name in new.near:
        if click.confirm(f"  Is it `{name}` in other words?", default=False):
            return replies.plus("rename", f"{new.stem}={name}")
    if new.family_of:
        if click.confirm(f"  Is it a new item of `{new.family_of}`?", default=False):
            return replies.plus("part", f"{new.stem}={new.family_of}")
        return replies.plus("ignore", new.stem)
    kinds = {"g": "new", "o": "open", "c": "closed", "a": "attribute", "i": "ignore"}
    choice = click.prompt(
        "  Take it as guessed (g), as an open (o) or closed (c) question, as an attribute (a), or ignore it (i)?",
        type=click.Choice(list(kinds)),
        show_choices=False,
    )
    return replies.plus(kinds[choice], new.stem)


def write_into(content: Any, matching: Matching, wave: str) -> None:
    """Write what was settled into the content of survey.yaml, in place; the wave itself is there already.

    Parameters
    ----------
    content : mapping
        As ruamel reads it, so that comments and order stay.
    matching : Matching
        Settled.
    wave : str
    """
    questions = content["questions"]
    waves = [str(name) for name in content["waves"]]
    for header, (name, old) in matching.renamed.items():
        questions[name]["columns"].append(safe(header))
        questions[name].setdefault("renamed", []).append(safe({"now": header, "was": old}))
    for header, name in matching.parts.items():
        questions[name]["columns"].append(safe(header))
    for name in matching.not_asked:
        if not questions[name].get("waves"):
            questions[name]["waves"] = [safe(each) for each in waves if each != wave]
    for name in matching.asked_again:
        questions[name]["waves"].append(safe(wave))
    for name, described in matching.added.items():
        questions[name] = safe(described)
    content["waves"][wave].update(safe(matching.special))


def yaml_editor() -> Any:
    """Give what reads and writes survey.yaml with its comments, order and quotes kept."""
    from ruamel.yaml import YAML

    editor = YAML()
    editor.preserve_quotes = True
    editor.width = 110
    return editor


def safe(value: Any) -> Any:
    """Put every text in quotes that YAML would read as something else, such as 2025 or No, or could not read in a list.

    Examples
    --------
    >>> [type(text).__name__ for text in safe(["No", "2025", "Why?", "single"])]
    ['SingleQuotedScalarString', 'SingleQuotedScalarString', 'SingleQuotedScalarString', 'str']
    """
    from ruamel.yaml.scalarstring import SingleQuotedScalarString

    if isinstance(value, dict):
        return {safe(key): safe(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [safe(each) for each in value]
    if not isinstance(value, str):
        return value
    # What is written as YAML 1.2 is read as YAML 1.1, which knows more words for yes and no.
    plain = _PLAIN.fullmatch(value) and yaml.SafeLoader("").resolve(yaml.ScalarNode, value, (True, False)) == _TEXT
    return value if plain else SingleQuotedScalarString(value)
