"""The wrong ideas of the course: what people believe, why it tempts, where it is answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from course_utils.quiz.bank import bank_ids, load_bank
from course_utils.quiz.model import Bank, Item, Misconception, Section


@dataclass(frozen=True)
class Place:
    """Items of a bank that answer a misconception, and the section to read."""

    bank: str
    title: str
    items: tuple[str, ...]
    section: Section


@dataclass(frozen=True)
class Entry:
    """A misconception with the places where it is answered, in the order of the banks."""

    id: str
    belief: str
    tempting: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class MisconceptionIndex:
    """Every misconception that is defined in the banks, by the lesson that defines it."""

    entries: tuple[Entry, ...]

    def entry(self, misconception_id: str) -> Entry:
        """The entry with this id; `ValueError` where there is none."""
        for entry in self.entries:
            if entry.id == misconception_id:
                return entry
        raise ValueError(f"misconception_id {misconception_id!r} is defined in no bank")

    def as_text(self, **options: Any) -> str:
        """Each belief with why it tempts and where it is answered; takes no option."""
        from course_utils.quiz.text import misconceptions_text

        if options:
            raise ValueError(
                f"the misconception index takes no option, got {', '.join(sorted(options))}; "
                "write show(misconceptions())"
            )
        return misconceptions_text(self)


def all_banks() -> tuple[Bank, ...]:
    """Every bank of the course, in the order of the lessons."""
    return tuple(load_bank(bank_id) for bank_id in bank_ids())


def misconception_index(banks: Sequence[Bank] | None = None) -> MisconceptionIndex:
    """The index over these banks, by default over all."""
    banks = all_banks() if banks is None else banks
    answered = _answered(banks)
    return MisconceptionIndex(
        tuple(
            Entry(m.id, m.belief, m.tempting, tuple(answered[m.id]))
            for bank in banks
            for m in bank.misconceptions
        )
    )


def undefined(banks: Sequence[Bank]) -> list[tuple[Bank, Item, str]]:
    """Ids that an item uses and no bank defines."""
    defined = {m.id for bank in banks for m in bank.misconceptions}
    return [
        (bank, item, used)
        for bank in banks
        for item in bank.items
        for used in item.misconceptions
        if used not in defined
    ]


def unused(banks: Sequence[Bank]) -> list[tuple[Bank, Misconception]]:
    """Definitions that no item uses."""
    used = {m for bank in banks for item in bank.items for m in item.misconceptions}
    return [(bank, m) for bank in banks for m in bank.misconceptions if m.id not in used]


def defined_twice(banks: Sequence[Bank]) -> list[tuple[str, tuple[str, ...]]]:
    """Ids that more than one bank defines, with these banks."""
    homes: dict[str, list[str]] = defaultdict(list)
    for bank in banks:
        for misconception in bank.misconceptions:
            homes[misconception.id].append(bank.id)
    return [(name, tuple(banks)) for name, banks in homes.items() if len(banks) > 1]


def _answered(banks: Sequence[Bank]) -> dict[str, list[Place]]:
    """For each id, the places; items of one section are one place."""
    found: dict[str, list[Place]] = defaultdict(list)
    for bank in banks:
        items: dict[tuple[str, Section], list[str]] = defaultdict(list)
        for item in bank.items:
            for used in item.misconceptions:
                items[used, item.read_again].append(item.id)
        for (used, section), ids in items.items():
            found[used].append(Place(bank.id, bank.title, tuple(ids), section))
    return found
