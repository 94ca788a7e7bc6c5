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

from course_utils.quiz.formulas import all_formulas
from course_utils.quiz.model import (
    Bank,
    BankError,
    Item,
    Misconception,
    Mistake,
    Numeric,
    Option,
    Outcome,
    Section,
    Step,
    WrongFormula,
)
from course_utils.quiz.quantities import unit_factors


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
        misconceptions=tuple(Misconception(**_trimmed(m)) for m in data.get("misconceptions", ())),
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
    steps = tuple(
        Step(key=key, **_trimmed(step)) for key, step in enumerate(entry.get("steps", ()))
    )
    # The bank counts steps from 1, the keys count from 0.
    mistakes = tuple(
        Mistake(
            before=mistake["before"] - 1,
            after=mistake["after"] - 1,
            feedback=mistake["feedback"].strip(),
            misconception=mistake["misconception"],
        )
        for mistake in entry.get("mistakes", ())
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
        steps=steps,
        mistakes=mistakes,
        hint=entry.get("hint", "").strip(),
        placement=entry.get("placement", False),
    )


def _numeric(entry: Mapping[str, Any]) -> Numeric:
    values = dict(entry)
    values["parameters"] = {name: tuple(c) for name, c in entry["parameters"].items()}
    values["wrong"] = tuple(WrongFormula(**wrong) for wrong in entry.get("wrong", ()))
    return Numeric(**values)


def _trimmed(entry: Mapping[str, str]) -> dict[str, str]:
    return {name: text.strip() for name, text in entry.items()}


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
        known = _described(schema(), path)
    elif error.validator == "additionalProperties":
        known = {}
        unknown = sorted(set(error.instance) - set(error.schema["properties"]))
        path.append(unknown[0])
        fields = ", ".join(error.schema["properties"])
        complaint = f"is not known; remove it, or use one of: {fields}"
    elif error.validator == "not":
        known = {}
        complaint = "does not belong to an item of this kind; remove it, or change the kind"
    else:
        known = error.schema
    meaning = f" ({known['description']})" if known.get("description") else ""
    raise BankError(f"{filename}: {_place(path, data) or 'the file'}: {complaint}{meaning}")


def _described(whole: Mapping[str, Any], path: Iterable[str | int]) -> Mapping[str, Any]:
    """The part of the schema that describes the field at this path, whatever asks for it."""
    part = whole
    for step in path:
        part = part["items"] if isinstance(step, int) else part["properties"][step]
        while "$ref" in part and "description" not in part:
            part = whole["$defs"][part["$ref"].rpartition("/")[2]]
        if "$ref" in part:
            part = {**whole["$defs"][part["$ref"].rpartition("/")[2]], **part}
    return part


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
        for kind in ("outcomes", "sections", "items", "misconceptions"):
            self._distinct([kind], [entry["id"] for entry in self.data.get(kind, ())], "id")
        outcomes = [entry["id"] for entry in self.data["outcomes"]]
        sections = [entry["id"] for entry in self.data["sections"]]
        for index, item in enumerate(self.data["items"]):
            path = ["items", index]
            self._known([*path, "outcome"], item["outcome"], outcomes)
            self._known([*path, "read_again"], item["read_again"], sections)
            if "options" in item:
                self._options(path, item)
            elif "steps" in item:
                self._order(path, item)
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

    def _order(self, path: list, item: Mapping[str, Any]) -> None:
        steps, mistakes = item["steps"], item["mistakes"]
        self._distinct([*path, "steps"], [step["text"].strip() for step in steps], "text")
        for index, mistake in enumerate(mistakes):
            place = [*path, "mistakes", index]
            for name in ("before", "after"):
                if not 1 <= mistake[name] <= len(steps):
                    self.fail(
                        [*place, name],
                        f"there is no step {mistake[name]}; the steps are 1 to {len(steps)}",
                    )
            if mistake["before"] <= mistake["after"]:
                self.fail(
                    [*place, "before"],
                    f"step {mistake['before']} before step {mistake['after']} is no mistake; "
                    "name a step that was placed before one that it belongs after",
                )
        pairs = [f"{mistake['before']} before {mistake['after']}" for mistake in mistakes]
        self._distinct([*path, "mistakes"], pairs, "before")

    def _numeric(self, path: list, item: Mapping[str, Any]) -> None:
        numeric, inside = item["numeric"], [*path, "numeric"]
        names, formulas = set(numeric["parameters"]), all_formulas()
        try:
            unit_factors(numeric["unit"])
        except ValueError as error:
            self.fail([*inside, "unit"], str(error))
        self._known([*inside, "answer"], numeric["answer"], formulas.right)
        self._arguments([*inside, "answer"], formulas.right[numeric["answer"]], names)
        self._template([*path, "stem"], item["stem"], names)
        self._template([*inside, "hint"], numeric.get("hint", ""), names)
        self._template([*inside, "solution"], numeric["solution"], names | {"answer"})
        wrong_formulas = [WrongFormula(**wrong) for wrong in numeric.get("wrong", ())]
        self._distinct([*inside, "wrong"], [wrong.name for wrong in wrong_formulas], "formula")
        for index, wrong in enumerate(wrong_formulas):
            place = [*inside, "wrong", index]
            self._known_formula([*place, "formula"], wrong)
            formula = formulas.named(wrong.formula)
            self._arguments([*place, "formula"], formula, names | set(wrong.arguments))
            self._template([*place, "feedback"], wrong.feedback, names | {"wrong"})

    def _known_formula(self, path: list, wrong: WrongFormula) -> None:
        """A wrong formula, or a right one that is given a wrong argument."""
        formulas = all_formulas()
        known = {**formulas.right, **formulas.wrong} if wrong.arguments else formulas.wrong
        if wrong.formula in formulas.right and not wrong.arguments:
            self.fail(
                path,
                f"{wrong.formula!r} is a right formula; name a wrong one, or give it a wrong "
                "argument in `arguments`",
            )
        self._known(path, wrong.formula, known)

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
