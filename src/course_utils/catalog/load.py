"""Reads the catalog's CSV files once and turns their cells into typed entries.

What reads a file or words an error is imported where it is used: it takes as long to
import as all calculators together, and who calls with their own figures needs none of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar

from course_utils.catalog.entries import Accelerator, Model, Price, Rates, Tier

Entry = TypeVar("Entry", Model, Accelerator, Price)

_BOOLEANS = {"true": True, "false": False}


def _cell(text: str, kind: str, where: str) -> Any:
    if text == "" and kind.endswith("None"):
        return None
    try:
        if kind == "bool":
            return _BOOLEANS[text]
        if kind.startswith("int"):
            return int(text)
        if kind.startswith("tuple"):
            return _tiers(text)
        return float(text) if kind.startswith("float") else text
    except (KeyError, ValueError):
        raise ValueError(f"{where}: {text!r} is not of type {kind}") from None


def _tiers(text: str) -> tuple[Tier, ...]:
    """Tiers of prices, as in `200000: 6 0.6 7.5 22.5; 500000: 9 0.9 11 30`.

    The four rates are those of fresh input, cached input, cache write and output.
    """
    found = []
    for part in filter(None, text.split(";")):
        above, rates = part.split(":")
        fresh, cached, write, output = map(float, rates.split())
        found.append(Tier(int(above), Rates(fresh, cached, write, output)))
    return tuple(found)


def parse(text: str, entry: type[Entry], file: str) -> dict[str, Entry]:
    """The entries of a CSV text by id; an error names file, row and field."""
    import csv

    kinds = {f.name: str(f.type) for f in fields(entry)}
    reader = csv.DictReader(text.splitlines())
    if reader.fieldnames is None or set(reader.fieldnames) != set(kinds):
        raise ValueError(f"{file}: the columns must be {', '.join(kinds)}")
    found: dict[str, Entry] = {}
    for row in reader:
        # A row that is too short or too long shows as None among its cells.
        if None in row or None in row.values():
            raise ValueError(f"{file}, row {row['id']!r}: {len(kinds)} cells wanted")
        cells = {k: _cell(v, kinds[k], f"{file}, row {row['id']!r}, {k}") for k, v in row.items()}
        if row["id"] in found:
            raise ValueError(f"{file}, row {row['id']!r}: this id stands there twice")
        found[row["id"]] = entry(**cells)
    return found


def _read(entry: type[Entry], file: str) -> Mapping[str, Entry]:
    from importlib.resources import files

    text = (files("course_utils.catalog") / "data" / file).read_text(encoding="utf-8")
    return MappingProxyType(parse(text, entry, file))


@cache
def models() -> Mapping[str, Model]:
    """Open models by id."""
    return _read(Model, "models.csv")


@cache
def accelerators() -> Mapping[str, Accelerator]:
    """Accelerators by id."""
    return _read(Accelerator, "accelerators.csv")


@cache
def prices() -> Mapping[str, Price]:
    """Prices by id, illustrations first."""
    return _read(Price, "prices.csv")


@cache
def data_digest() -> str:
    """The first 12 hex digits of the SHA-256 of the catalog's files: which data it was.

    Over the text, so that a checkout with other line ends has the same.
    """
    import hashlib
    from importlib.resources import files

    digest = hashlib.sha256()
    folder = files("course_utils.catalog") / "data"
    for file in ("accelerators.csv", "models.csv", "prices.csv"):
        text = (folder / file).read_text(encoding="utf-8")
        digest.update(f"{file}\n{len(text)}\n{text}".encode())
    return digest.hexdigest()[:12]


def find(kind: str, id: str, entries: Mapping[str, Entry]) -> Entry:
    """The entry with this id, or `ValueError` with the ids that come near."""
    if isinstance(id, str) and id in entries:
        return entries[id]
    import difflib

    near = difflib.get_close_matches(id, entries, n=3, cutoff=0.5) if isinstance(id, str) else []
    hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(entries)}"
    raise ValueError(f"no {kind} {id!r} in the catalog; {hint}")
