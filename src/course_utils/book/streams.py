"""Joins printed text that came in pieces, so that a busy machine builds the same page.

A kernel flushes when it has time, also in the middle of a line. MyST-NB (1.x,
`nb_merge_streams`) ends each piece with a line break before it joins them, which leaves
blank lines and broken ones at random. Pieces that follow each other are joined here as
they came, and the rest is left to it.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from myst_nb.core import render


def joined(outputs: list[Any]) -> list[Any]:
    """The outputs of a cell, with neighboring pieces of one stream made one."""
    found: list[Any] = []
    for output in outputs:
        last = found[-1] if found else None
        if (
            last is not None
            and output["output_type"] == last["output_type"] == "stream"
            and output["name"] == last["name"]
        ):
            last["text"] += output["text"]
        else:
            found.append(deepcopy(output))
    return found


def setup_streams() -> None:
    """Let MyST-NB see joined pieces."""
    coalesce = render.coalesce_streams
    if getattr(coalesce, "joins", False):
        return

    def join_and_coalesce(outputs: list[Any]) -> list[Any]:
        return coalesce(joined(outputs))

    join_and_coalesce.joins = True
    render.coalesce_streams = join_and_coalesce
