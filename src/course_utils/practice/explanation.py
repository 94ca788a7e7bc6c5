"""A timed spoken explanation: its beats, its checklist and the verdict of a self-review.

The words stand in `explanations/*.toml`, one file a topic. Standard library alone:
these files also run in the reader's browser.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from course_utils.practice.stopwatch import clock_text

# The words of a verdict, written once: the browser module fills in the same templates.
VERDICT_NONE = "Nothing ticked yet. Talk first, then tick what you said aloud."
VERDICT_GAP = "{n} of {total} by your own count. Fix first: {label}. {fix}"
VERDICT_GRAVE = " A gap here outweighs a good score elsewhere."
VERDICT_ALL = (
    "All {total} by your own count. Now talk to someone who ticks for you: "
    "people score themselves more kindly than a listener does."
)
SELF_REVIEW_NOTE = "This is a self-review, not a grade."


@dataclass(frozen=True)
class Beat:
    """One part of the talk: when it starts, what to say in it, and words to begin with."""

    start_s: int
    title: str
    say: str
    opener: str


@dataclass(frozen=True)
class Element:
    """One thing that a listener hears or does not hear; `beat` is the title of its beat.

    `grave` marks what comes first when it is missing: permissions, human control
    and evaluation, which good marks elsewhere do not make up for.
    """

    id: str
    beat: str
    label: str
    fix: str
    grave: bool = False


class SelfReview(NamedTuple):
    """How many elements were ticked, and what to do about the rest. Never a grade."""

    n: int
    verdict: str


def word_count(text: str) -> int:
    """Words in a written-out talk, split at white space."""
    return len(text.split())


@dataclass(frozen=True)
class Explanation:
    """A talk of `total_s` seconds in beats, and the elements to check it against."""

    id: str
    title: str
    question: str
    total_s: int
    words_per_minute: int
    beats: tuple[Beat, ...]
    elements: tuple[Element, ...]

    def __post_init__(self):
        starts = [beat.start_s for beat in self.beats]
        if starts != sorted(set(starts)) or not starts or starts[0] != 0:
            raise ValueError(
                f"explanation {self.id!r}: start_s of the beats must begin at 0 s and rise, "
                f"got {starts}"
            )
        if starts[-1] >= self.total_s:
            raise ValueError(
                f"explanation {self.id!r}: the last beat starts at {starts[-1]} s, which must be "
                f"before total_s = {self.total_s} s"
            )
        titles = {beat.title for beat in self.beats}
        ids = [element.id for element in self.elements]
        for element in self.elements:
            if element.beat not in titles:
                raise ValueError(
                    f"explanation {self.id!r}: element {element.id!r} has beat {element.beat!r}, "
                    f"which must be one of {sorted(titles)}"
                )
            if ids.count(element.id) > 1:
                raise ValueError(f"explanation {self.id!r}: two elements are named {element.id!r}")

    @property
    def ends_s(self) -> tuple[int, ...]:
        """When each beat ends: where the next one starts, the last one with the talk."""
        return (*(beat.start_s for beat in self.beats[1:]), self.total_s)

    def beat_index(self, elapsed_s: float) -> int:
        """The beat that is on after so many seconds; the last one stays on at the end."""
        if not elapsed_s >= 0:
            raise ValueError(f"elapsed_s must be 0 s or more, got {elapsed_s!r}")
        return sum(beat.start_s <= elapsed_s for beat in self.beats) - 1

    def words(self, index: int) -> int:
        """Words that fit into a beat at the talk's pace, to the nearest ten."""
        seconds = self.ends_s[index] - self.beats[index].start_s
        return round(seconds * self.words_per_minute / 600) * 10

    @property
    def total_words(self) -> int:
        return round(self.total_s * self.words_per_minute / 60)

    def minutes(self, words: int) -> float:
        """Minutes that so many words take at the talk's pace."""
        return words / self.words_per_minute

    def written_text(self, text: str) -> str:
        """Length of a written-out talk in words and minutes, against the talk's limit."""
        words = word_count(text)
        # Half up, as the browser rounds; Python's own formatting rounds half to even.
        minutes, tenths = divmod(int(self.minutes(words) * 10 + 0.5), 10)
        return (
            f"{words:,} {'word' if words == 1 else 'words'}, {minutes}.{tenths} minutes at "
            f"{self.words_per_minute} words a minute; {self.total_s / 60:.0f} minutes hold about "
            f"{self.total_words:,} words."
        )

    def score(self, checked: Iterable[str]) -> SelfReview:
        """Count the ticked elements and say what to fix first; raises on an unknown id."""
        checked = set(checked)
        unknown = sorted(checked - {element.id for element in self.elements})
        if unknown:
            raise ValueError(
                f"checked has no element {', '.join(map(repr, unknown))}; the elements of "
                f"{self.id!r} are {', '.join(element.id for element in self.elements)}"
            )
        return SelfReview(len(checked), f"{self._verdict(checked)} {SELF_REVIEW_NOTE}")

    def _verdict(self, checked: set[str]) -> str:
        missing = [element for element in self.elements if element.id not in checked]
        total = len(self.elements)
        if not checked:
            return VERDICT_NONE
        if not missing:
            return VERDICT_ALL.format(total=total)
        first = min(missing, key=lambda element: not element.grave)
        verdict = VERDICT_GAP.format(n=len(checked), total=total, label=first.label, fix=first.fix)
        return verdict + (VERDICT_GRAVE if first.grave else "")

    def as_text(self, **options: Any) -> str:
        """The beats with their times and the checklist, for print, screen readers and tests."""
        self.refuse_options(options)
        lines = [self.title, "", self.question, ""]
        for index, beat in enumerate(self.beats):
            lines.append(
                f"{clock_text(beat.start_s)}  {beat.title} (about {self.words(index)} words)"
            )
            lines += [f"      {beat.say}", f"      Begin with: {beat.opener}"]
        lines.append(f"{clock_text(self.total_s)}  End (about {self.total_words} words in all)")
        lines += ["", f"Tick what you said aloud. {SELF_REVIEW_NOTE}"]
        lines += [f"[ ] {element.label}" for element in self.elements]
        return "\n".join(lines)

    def refuse_options(self, options: dict[str, Any]) -> None:
        """An explanation has nothing to set; an option is a mistake in the lesson."""
        if options:
            raise ValueError(
                f"an explanation takes no options, got {', '.join(sorted(options))}; "
                f"write show(explanation({self.id!r}))"
            )

    def as_data(self) -> dict[str, Any]:
        """Everything that the browser module needs, as JSON-ready data."""
        data = asdict(self)
        data["verdict"] = {
            "none": VERDICT_NONE,
            "gap": VERDICT_GAP,
            "grave": VERDICT_GRAVE,
            "all": VERDICT_ALL,
            "note": SELF_REVIEW_NOTE,
        }
        return data


def explanation_ids() -> tuple[str, ...]:
    """The topics that there are."""
    folder = files("course_utils.practice") / "explanations"
    names = sorted(path.name for path in folder.iterdir())
    return tuple(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


@cache
def get_explanation(topic_id: str) -> Explanation:
    """The explanation of a topic; `ValueError` lists the topics there are."""
    if topic_id not in explanation_ids():
        raise ValueError(
            f"topic_id {topic_id!r} has no explanation; there are {', '.join(explanation_ids())}"
        )
    path = files("course_utils.practice") / "explanations" / f"{topic_id}.toml"
    return _from_toml(topic_id, path.read_text(encoding="utf-8"))


def _from_toml(topic_id: str, text: str) -> Explanation:
    data = tomllib.loads(text)
    try:
        data["beats"] = tuple(Beat(**beat) for beat in data["beats"])
        data["elements"] = tuple(Element(**element) for element in data["elements"])
        return Explanation(id=topic_id, **data)
    except (KeyError, TypeError) as error:  # a field that is missing or that nobody knows
        raise ValueError(f"explanations/{topic_id}.toml: {error}") from error
