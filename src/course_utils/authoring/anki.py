"""The Anki deck for spaced repetition: every question of every bank, one note each.

A note's guid comes from bank and item, so that importing a later deck updates a note and
keeps its schedule. The same banks give the same file, byte for byte: there is no date in it.
"""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
import zipfile
from collections.abc import Sequence
from contextlib import closing
from html import escape
from pathlib import Path

from course_utils.quiz import Bank, Item, Variant, bank_ids, load_bank
from course_utils.quiz.quantities import number_text
from course_utils.quiz.text import ask, option_letter
from course_utils.views.html import inline
from course_utils.views.questions import reasons_html, stem_html

NAME = "AI System Design Interviews"
FILE = Path("_build/anki/ai-system-design-interviews.apkg")
FIELDS = ("Question", "Answer", "Source")
# Anki keeps times in its notes; these are always the same, 2026-01-01.
WRITTEN_S = 1_767_225_600
MODEL_ID = 1_730_412_907  # drawn once: Anki knows the note type again by it
FRONT = "{{Question}}"
BACK = '{{FrontSide}}<hr id="answer">{{Answer}}<p class="source">{{Source}}</p>'
# Anki sets the class nightMode on the card in dark mode, AnkiDroid also night_mode.
CSS = """
.card { color: #1f2328; background-color: #ffffff; font: 18px/1.5 system-ui, sans-serif;
  text-align: left; max-width: 42em; margin: 0 auto; padding: 0.5em 1em; }
.stem > span { display: block; margin-bottom: 0.6em; }
.stem > span:last-child { font-weight: 600; }
.ask, .source { color: #57606a; font-size: 0.85em; }
.choices { list-style: none; padding: 0; }
.choices li { margin: 0.4em 0; padding: 0.3em 0.7em;
  border: 1px solid #d0d7de; border-radius: 6px; }
.letter { color: #57606a; margin-right: 0.4em; }
ul, ol { padding-left: 1.2em; }
li { margin: 0.3em 0; }
.card.nightMode, .card.night_mode { color: #e6edf3; background-color: #1b2027; }
.nightMode :is(.ask, .source, .letter), .night_mode :is(.ask, .source, .letter) { color: #a6b1bd; }
.nightMode .choices li, .night_mode .choices li { border-color: #3d444d; }
"""


def write_deck(path: Path, banks: Sequence[Bank] | None = None) -> int:
    """Write the deck of these banks, by default of all, to `path`; the number of notes."""
    import genanki

    banks = [load_bank(bank_id) for bank_id in bank_ids()] if banks is None else banks
    model = genanki.Model(
        MODEL_ID,
        NAME,
        fields=[{"name": name} for name in FIELDS],
        templates=[{"name": "Question", "qfmt": FRONT, "afmt": BACK}],
        css=CSS,
    )
    decks = [_deck(bank, model) for bank in banks]
    with closing(sqlite3.connect(":memory:")) as database:
        ids = itertools.count(1000 * WRITTEN_S)
        genanki.Package(decks).write_to_db(database.cursor(), WRITTEN_S, ids)
        database.commit()
        collection = database.serialize()
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as package:
        for name, data in (("collection.anki2", collection), ("media", b"{}")):
            # Without a ZipInfo of its own each member would carry today's date.
            package.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return sum(len(deck.notes) for deck in decks)


def fields(bank: Bank, item: Item) -> tuple[str, str, str]:
    """The fields of a note as HTML; a computed item has the numbers of seed 0."""
    variant = item.variant(0)
    question = (
        f'<div class="stem">{stem_html(variant.stem)}</div>'
        f'<div class="ask">{escape(_ask(item))}</div>{_choices(variant)}'
    )
    source = f"{inline(bank.title)}: {inline(item.read_again.title)}"
    return question, reasons_html(variant), source


def _deck(bank: Bank, model):
    import genanki

    deck = genanki.Deck(_stable_id(bank.id), f"{NAME}::{bank.id[:2]} {bank.title}")
    for item in bank.items:
        deck.add_note(
            genanki.Note(
                model=model,
                fields=list(fields(bank, item)),
                guid=genanki.guid_for(bank.id, item.id),
                tags=[bank.id, item.kind, f"difficulty-{item.difficulty}"],
            )
        )
    return deck


def _ask(item: Item) -> str:
    """What to do with the card before it is turned: nothing is typed in Anki."""
    if item.numeric is None:
        return ask(item)
    unit = "times" if item.numeric.unit == "x" else item.numeric.unit
    if item.kind == "predict":
        factor = number_text(item.numeric.within_factor)
        return f"Guess ({unit}). Within a factor of {factor} counts."
    return f"Work it out ({unit})."


def _choices(variant: Variant) -> str:
    """Options or steps with their letters, in the order of seed 0."""
    rows = "".join(
        f'<li><span class="letter">{option_letter(i)}</span> {inline(entry.text)}</li>'
        for i, entry in enumerate((*variant.options, *variant.steps))
    )
    return f'<ul class="choices">{rows}</ul>' if rows else ""


def _stable_id(name: str) -> int:
    """An id for a deck, always the same for the same name; Anki wants 31 bits or more."""
    return (1 << 30) + int(hashlib.sha256(name.encode()).hexdigest()[:7], 16)
