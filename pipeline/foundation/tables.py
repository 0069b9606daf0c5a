"""The only reader and writer of files: atomic, checked, and the same bytes for the same table.

Every writer makes a temporary file beside its target, flushes it to disk and renames it, so that a reader sees
either the earlier file or the new one, never a part.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pandas as pd
import yaml

from pipeline.foundation.contracts import Contract
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.imports import without

if TYPE_CHECKING:
    import pyarrow as pa

Rows = list[list[tuple[str, str, Any]]]
FAULT = "This is a fault of themebook or of a hand-edited output: run `dvc repro`, and report it if it stays."
_REMEDY = "Run `dvc repro`, which makes it."
_DTYPES = {"int": "int64", "float": "float64", "bool": "bool"}


def path_of(contract: Contract, wave: str | None = None) -> Path:
    """Say where a contract's table lies, relative to the project folder."""
    return Path(contract.path.format(wave=wave))


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write a file atomically: what the block writes takes the file's place when it ends, unless it fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
        _flush_folder(path.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically: temporary file, flush, rename."""
    with replacing(path) as stream:
        stream.write(content)


def _flush_folder(folder: Path) -> None:
    """Bring a rename to disk, where the system can (Windows cannot open a folder)."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove(path: Path) -> None:
    """Take a file away, if it is there."""
    path.unlink(missing_ok=True)


def write_text(path: Path, content: str) -> None:
    """Write UTF-8 text atomically, with ``\\n`` line ends on every system."""
    write_bytes(path, content.encode("utf-8"))


def read_bytes(path: Path, remedy: str) -> bytes:
    """Read a file.

    Raises
    ------
    ThemebookError
        If it is missing; `remedy` says what to do.
    """
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        raise ThemebookError(f"{path} does not exist.", remedy) from None


def read_text(path: Path, remedy: str) -> str:
    """Read a file that people write; it must be UTF-8.

    Raises
    ------
    ThemebookError
        If it is missing or not UTF-8.
    """
    content = read_bytes(path, remedy)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ThemebookError(f"{path}, line {line}: not UTF-8 text.", "Save the file as UTF-8.") from None


def sha256_of(path: Path, remedy: str) -> str:
    """Give a file's sha256 as 64 hexadecimal digits."""
    return hashlib.sha256(read_bytes(path, remedy)).hexdigest()


def write_json(path: Path, content: Any) -> None:
    """Write JSON with sorted keys, readable and without NaN."""
    write_text(path, json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read JSON that a stage wrote."""
    return json.loads(read_text(path, "Run `dvc repro` to make it."))


class _UniqueKeys(yaml.SafeLoader):
    """YAML as people write it, with a key given twice refused instead of the first one silently lost."""


def _mapping(loader: _UniqueKeys, node: yaml.MappingNode) -> dict[Any, Any]:
    seen = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            mark = key_node.start_mark
            raise yaml.MarkedYAMLError(problem=f"the key `{key}` stands twice", problem_mark=mark)
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(path: Path, remedy: str) -> Any:
    """Read a YAML file that people write.

    Raises
    ------
    ThemebookError
        If it is missing, not UTF-8, not YAML, or gives one key twice; the line is named.
    """
    try:
        return yaml.load(read_text(path, remedy), Loader=_UniqueKeys)  # noqa: S506 (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ThemebookError(f"{path}, line {line}: {error.problem}.", "Mend that line.") from None


def check(table: pd.DataFrame, contract: Contract, where: str) -> pd.DataFrame:
    """Check a table against its contract and give it back sorted by its key.

    Parameters
    ----------
    table : DataFrame
        Any row order; exactly the contract's columns.
    contract : Contract
        What it promises.
    where : str
        What the message names: a path.

    Returns
    -------
    DataFrame
        Columns in the contract's order, rows sorted by the key, index 0 to n - 1.

    Raises
    ------
    ThemebookError
        If columns, types, values, ranges or uniqueness differ from the contract.
    """
    # Where hypothesis is installed, pandera takes it along, for data that nothing here makes: 0.15 s a process.
    with without("hypothesis"):
        import pandera.pandas as pa

        importlib.import_module("pandera.backends.pandas.builtin_checks")

    checked = table.reindex(columns=list(contract.columns)) if set(table.columns) == set(contract.columns) else table
    columns = {}
    for name, kind in contract.columns.items():
        checks = []
        if name in contract.values:
            checks.append(pa.Check.isin(contract.values[name]))
        if name in contract.ranges:
            checks.append(pa.Check.in_range(*contract.ranges[name]))
        if kind == "spans":
            checks.append(pa.Check(lambda column: column.map(_are_spans), name="spans"))
        dtype = None if kind == "spans" else _DTYPES.get(kind, pd.StringDtype(na_value=np.nan))
        columns[name] = pa.Column(dtype, checks, nullable=name in contract.optional)
    schema = pa.DataFrameSchema(columns, strict=True, ordered=True, unique=list(contract.key))
    if not len(checked):
        # A table without rows has no types of its own; it takes the contract's.
        checked = checked.astype(
            {n: _DTYPES.get(k, "str") for n, k in contract.columns.items() if k != "spans" and n in checked}
        )
    try:
        schema.validate(checked)
    except (pa.errors.SchemaError, pa.errors.SchemaErrors) as error:
        reason = " ".join(str(getattr(error, "reason_code", "")).split())
        column = getattr(error.schema, "name", None) or ""
        raise ThemebookError(
            f"{where}: the table `{contract.name}` breaks its contract in column `{column}` ({reason}).",
            FAULT,
        ) from None
    return checked.sort_values(list(contract.key), kind="stable", ignore_index=True)


def _are_spans(value: Any) -> bool:
    return len(value) > 0 and all(len(span) == 2 and 0 <= span[0] < span[1] for span in value)


def write_table(table: pd.DataFrame, contract: Contract, wave: str | None = None) -> None:
    """Check a table and write it where its contract says, as parquet or CSV by the ending of the path.

    Floats in CSV are rounded to six decimals, so that git shows changes that matter.
    """
    path = path_of(contract, wave)
    if path.suffix == ".csv":
        checked = check(table, contract, str(path))
        write_text(path, checked.to_csv(index=False, float_format="%.6f", lineterminator="\n"))
        return
    with table_in_parts(contract, wave) as write:
        write(table)


@contextmanager
def table_in_parts(contract: Contract, wave: str | None = None) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Write a table part by part, so that it need not be held whole.

    Parameters
    ----------
    contract : Contract
        Of a parquet table.
    wave : str, optional

    Yields
    ------
    callable
        Checks a part and writes it. Every row of a part must come after all of the parts before, by the key.

    Raises
    ------
    ThemebookError
        If a part breaks the contract or the order.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = path_of(contract, wave)
    schema = arrow_schema(contract)
    last: list[tuple[Any, ...]] = []
    with replacing(path) as stream, pq.ParquetWriter(stream, schema, compression="zstd") as writer:

        def write(part: pd.DataFrame) -> None:
            checked = check(part, contract, str(path))
            if len(checked):
                low, high = (tuple(checked[list(contract.key)].iloc[row]) for row in (0, -1))
                if last and low <= last[-1]:
                    raise ThemebookError(f"{path}: the part that begins with {low} is out of order.", FAULT)
                last[:] = [high]
            arrow = pa.Table.from_pandas(checked, schema=schema, preserve_index=False).replace_schema_metadata(None)
            writer.write_table(arrow)

        yield write


def arrow_schema(contract: Contract) -> pa.Schema:
    """Give a contract's columns as Arrow types."""
    import pyarrow as pa

    types = {"str": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}
    types["spans"] = pa.list_(pa.list_(pa.int64()))
    return pa.schema([(name, types[kind]) for name, kind in contract.columns.items()])


def write_parts(parts: Iterable[pa.Table], contract: Contract, wave: str | None = None) -> int:
    """Write a table part by part, as `table_in_parts` does, from Arrow tables; give the number of rows."""
    rows = 0
    with table_in_parts(contract, wave) as write:
        for part in parts:
            write(part.to_pandas())
            rows += len(part)
    return rows


def read_parts(contract: Contract, wave: str | None, columns: Sequence[str], rows: int = 100_000) -> Iterator[pa.Table]:
    """Read some columns of a parquet table bit by bit, in its order.

    Names, types and allowed values of these columns are checked; what holds for a whole table (no key stands twice)
    was checked when it was written.

    Raises
    ------
    ThemebookError
        If the file is missing or breaks its contract.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    path = _there(path_of(contract, wave))
    wanted = arrow_schema(contract)
    with pq.ParquetFile(path) as file:
        broken = [] if file.schema_arrow.names == wanted.names else ["(which there are)"]
        broken += [n for n in columns if n in file.schema_arrow.names and file.schema_arrow.field(n) != wanted.field(n)]
        for batch in file.iter_batches(rows, columns=list(columns)) if not broken else ():
            part = pa.Table.from_batches([batch])
            for name in set(columns) & set(contract.values):
                if not pc.all(pc.is_in(part[name], pa.array(contract.values[name]))).as_py():
                    broken.append(name)
            if broken:
                break
            yield part
    if broken:
        raise ThemebookError(
            f"{path}: the table `{contract.name}` breaks its contract in column `{broken[0]}`.",
            FAULT,
        )


def read_table(contract: Contract, wave: str | None = None, where: Rows | None = None) -> pd.DataFrame:
    """Read a table and check it.

    Parameters
    ----------
    contract : Contract
    wave : str, optional
    where : list of list of (column, operator, value), optional
        Of a parquet table, the rows to read, as pyarrow's filters: any of the inner lists holds, all of it. The others
        are never held.

    Raises
    ------
    ThemebookError
        If the file is missing or breaks its contract.
    """
    path = path_of(contract, wave)
    if path.suffix == ".csv":
        table = table_from_csv(io.BytesIO(read_bytes(path, _REMEDY)), contract)
    else:
        import pyarrow.parquet as pq

        table = pq.read_table(_there(path), filters=where).to_pandas()
    return check(table, contract, str(path))


def rows_of(contract: Contract, wave: str | None = None) -> int:
    """Count the rows of a parquet table without reading them.

    Raises
    ------
    ThemebookError
        If the file is missing.
    """
    import pyarrow.parquet as pq

    return int(pq.read_metadata(_there(path_of(contract, wave))).num_rows)


def _there(path: Path) -> Path:
    if not path.is_file():
        raise ThemebookError(f"{path} does not exist.", _REMEDY)
    return path


def table_from_csv(content: io.BytesIO, contract: Contract) -> pd.DataFrame:
    """Read CSV by a contract's types, empty text as empty text; `check` is left to the caller."""
    types = {n: "str" if k == "str" else _DTYPES[k] for n, k in contract.columns.items()}
    strings = [n for n, k in contract.columns.items() if k == "str"]
    table = pd.read_csv(content, dtype=types, keep_default_na=False, na_values={n: [""] for n in contract.optional})
    # A column that the file lacks is for `check` to name.
    strings = [n for n in strings if n in table]
    table[strings] = table[strings].fillna("")
    return table


def read_waves(contract: Contract, waves: Iterable[str]) -> pd.DataFrame:
    """Read one table of each named wave, one under the other; never a glob, so a removed wave is gone."""
    parts = [read_table(contract, wave) for wave in waves]
    return check(pd.concat(parts, ignore_index=True), contract, contract.path) if parts else empty(contract)


def empty(contract: Contract) -> pd.DataFrame:
    """Give a table of a contract without rows."""
    types = {"str": "str", "spans": "object", **_DTYPES}
    return pd.DataFrame({name: pd.Series(dtype=types[kind]) for name, kind in contract.columns.items()})
