"""Reading a bank: TOML, schema, and the checks that a schema cannot express."""

from __future__ import annotations

import inspect
import json
import string
import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from course_utils.quiz.computations import COMPUTATIONS
from course_utils.quiz.model import (
    Bank,
    BankError,
    Item,
    Numeric,
    Option,
    Outcome,
    Section,
    WrongFormula,
)
from course_utils.quiz.wrong_formulas import WRONG_FORMULAS


def bank_ids() -> tuple[str, ...]:
    """The lessons that have a bank."""
    names = sorted(path.name for path in (files("course_utils.quiz") / "banks").iterdir())
    return tuple(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


@cache
def load_bank(bank_id: str) -> Bank:
    """The bank of a lesson; `ValueError` lists the banks there are."""
    if bank_id not in bank_ids():
        raise ValueError(f"bank_id {bank_id!r} has no bank; there are {', '.join(bank_ids())}")
    path = files("course_utils.quiz") / "banks" / f"{bank_id}.toml"
    return parse_bank(path.read_text(encoding="utf-8"), f"{bank_id}.toml")


def parse_bank(text: str, filename: str) -> Bank:
    """The bank in this TOML text; `BankError` names file, item, field and what to do."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BankError(f"{filename}: this is not TOML: {error}; mend that line") from error
    _check_schema(data, filename)
    _Checks(data, filename).run()
    sections = {entry["id"]: Section(**entry) for entry in data["sections"]}
    return Bank(
        id=data["lesson"],
        title=data["title"],
        outcomes=tuple(Outcome(**entry) for entry in data["outcomes"]),
        sections=tuple(sections.values()),
        items=tuple(_item(entry, sections) for entry in data["items"]),
    )


def schema() -> dict[str, Any]:
    """The JSON Schema of a bank file."""
    path = files("course_utils.quiz") / "bank.schema.json"
    return json.loads(path.read_text(encoding="utf-8"))


def _item(entry: Mapping[str, Any], sections: Mapping[str, Section]) -> Item:
    options = tuple(
        Option(
            key=key,
            text=option["text"].strip(),
            correct=option.get("correct", False),
            feedback=option["feedback"].strip(),
            misconception=option.get("misconception", ""),
        )
        for key, option in enumerate(entry.get("options", ()))
    )
    return Item(
        id=entry["id"],
        outcome=entry["outcome"],
        kind=entry["kind"],
        stem=entry["stem"].strip(),
        read_again=sections[entry["read_again"]],
        difficulty=entry["difficulty"],
        options=options,
        numeric=_numeric(entry["numeric"]) if "numeric" in entry else None,
    )


def _numeric(entry: Mapping[str, Any]) -> Numeric:
    values = dict(entry)
    values["parameters"] = {name: tuple(c) for name, c in entry["parameters"].items()}
    values["wrong"] = tuple(WrongFormula(**wrong) for wrong in entry["wrong"])
    return Numeric(**values)


def _place(path: Iterable[str | int], data: Mapping[str, Any]) -> str:
    """`item "id", field options 3, feedback` for a path into the file; places count from 1."""
    steps = list(path)
    start = ""
    if steps[:1] == ["items"] and len(steps) > 1:
        item = data["items"][steps[1]]
        name = item.get("id") if isinstance(item, dict) else None
        start = f'item "{name}"' if name else f"item number {steps[1] + 1}"
        steps = steps[2:]
    field = ""
    for step in steps:
        if isinstance(step, int):
            field += f" {step + 1}"
        else:
            field += f", {step}" if field else step
    return ", ".join(part for part in (start, f"field {field}" if field else "") if part)


def _check_schema(data: Mapping[str, Any], filename: str) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(schema()).iter_errors(data))
    if error is None:
        return
    path, complaint = list(error.absolute_path), error.message
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        path.append(missing)
        complaint = "is missing; add it"
        known = error.schema.get("properties", {}).get(missing, {})
    elif error.validator == "additionalProperties":
        known = {}
        unknown = sorted(set(error.instance) - set(error.schema["properties"]))
        path.append(unknown[0])
        fields = ", ".join(error.schema["properties"])
        complaint = f"is not known; remove it, or use one of: {fields}"
    elif error.schema is False:
        known = {}
        complaint = "does not belong to an item of this kind; remove it, or change the kind"
    else:
        known = error.schema
    meaning = f" ({known['description']})" if known.get("description") else ""
    raise BankError(f"{filename}: {_place(path, data) or 'the file'}: {complaint}{meaning}")


class _Checks:
    """What a schema cannot say: names that must exist, counts, and the formulas' arguments."""

    def __init__(self, data: Mapping[str, Any], filename: str):
        self.data = data
        self.filename = filename

    def fail(self, path: Iterable[str | int], complaint: str) -> None:
        raise BankError(f"{self.filename}: {_place(path, self.data)}: {complaint}")

    def run(self) -> None:
        lesson = self.data["lesson"]
        if self.filename.rsplit("/", 1)[-1] != f"{lesson}.toml":
            self.fail(["lesson"], f"{lesson!r} is not the name of the file; make them equal")
        for kind in ("outcomes", "sections", "items"):
            self._distinct([kind], [entry["id"] for entry in self.data[kind]], "id")
        outcomes = [entry["id"] for entry in self.data["outcomes"]]
        sections = [entry["id"] for entry in self.data["sections"]]
        for index, item in enumerate(self.data["items"]):
            path = ["items", index]
            self._known([*path, "outcome"], item["outcome"], outcomes)
            self._known([*path, "read_again"], item["read_again"], sections)
            if "options" in item:
                self._options(path, item)
            else:
                self._numeric(path, item)

    def _distinct(self, path: list, values: list[str], field: str) -> None:
        for index, value in enumerate(values):
            if value in values[:index]:
                self.fail([*path, index, field], f"{value!r} stands there twice; make them differ")

    def _known(self, path: list, value: str, known: Iterable[str]) -> None:
        if value not in known:
            self.fail(path, f"{value!r} is not known; use one of {', '.join(sorted(known))}")

    def _options(self, path: list, item: Mapping[str, Any]) -> None:
        options = item["options"]
        self._distinct([*path, "options"], [o["text"].strip() for o in options], "text")
        right = sum(option.get("correct", False) for option in options)
        if item["kind"] == "single" and right != 1:
            self.fail([*path, "options"], f"{right} are correct; a single item has exactly one")
        if item["kind"] == "multiple" and not 2 <= right < len(options):
            self.fail(
                [*path, "options"],
                f"{right} of {len(options)} are correct; a multiple item has two or more right "
                "options and at least one wrong one",
            )
        for index, option in enumerate(options):
            place = [*path, "options", index, "misconception"]
            if option.get("correct") and "misconception" in option:
                self.fail(place, "a right option has none; remove it")
            if not option.get("correct") and "misconception" not in option:
                self.fail(place, "is missing; name the wrong idea behind this option")

    def _numeric(self, path: list, item: Mapping[str, Any]) -> None:
        numeric, inside = item["numeric"], [*path, "numeric"]
        names = set(numeric["parameters"])
        self._known([*inside, "answer"], numeric["answer"], COMPUTATIONS)
        self._arguments([*inside, "answer"], COMPUTATIONS[numeric["answer"]], names)
        self._template([*path, "stem"], item["stem"], names)
        self._template([*inside, "hint"], numeric["hint"], names)
        self._template([*inside, "solution"], numeric["solution"], names | {"answer"})
        self._distinct([*inside, "wrong"], [w["formula"] for w in numeric["wrong"]], "formula")
        for index, wrong in enumerate(numeric["wrong"]):
            place = [*inside, "wrong", index]
            self._known([*place, "formula"], wrong["formula"], WRONG_FORMULAS)
            self._arguments([*place, "formula"], WRONG_FORMULAS[wrong["formula"]], names)
            self._template([*place, "feedback"], wrong["feedback"], names | {"wrong"})

    def _arguments(self, path: list, formula: Callable[..., float], names: set[str]) -> None:
        parameters = inspect.signature(formula).parameters.values()
        if any(p.kind is p.VAR_KEYWORD for p in parameters):
            return  # it passes everything on to the right formula, which is checked
        wanted = {p.name for p in parameters}
        if wanted != names:
            self.fail(
                path,
                f"{formula.__name__} takes {', '.join(sorted(wanted))}, but the parameters are "
                f"{', '.join(sorted(names)) or 'none'}; make them equal",
            )

    def _template(self, path: list, text: str, names: set[str]) -> None:
        try:
            used = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
        except ValueError as error:
            self.fail(path, f"{error}; write a literal brace twice, as {{{{ or }}}}")
        for name in used:
            self._known(path, name, names)
