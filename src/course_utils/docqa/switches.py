"""Guarantees that can be turned off, to see what each of them is worth.

A system with one off says so in every answer; there is no quiet way to run without.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

_WARNINGS = {
    "filter_inside_retrieval": "rights are checked after the search, on what it found",
    "cache_key_has_permissions": "a cached answer may come from somebody with other rights",
    "validate_answers": "nobody checked that the sources say this",
    "cap_steps": "the number of steps is not limited",
    "approve_tools": "tools act without a person's approval",
}


@dataclass(frozen=True)
class Switches:
    """The guarantees, all on by default."""

    filter_inside_retrieval: bool = True
    cache_key_has_permissions: bool = True
    validate_answers: bool = True
    cap_steps: bool = True
    approve_tools: bool = True

    def __post_init__(self) -> None:
        for name in (f.name for f in fields(self)):
            if not isinstance(value := getattr(self, name), bool):
                raise ValueError(f"{name} = {value!r}: give True or False")

    @classmethod
    def without(cls, *names: str) -> Switches:
        """All guarantees but these.

        >>> Switches.without("validate_answers").off()
        ('validate_answers',)
        """
        for name in names:
            if name not in _WARNINGS:
                raise ValueError(f"{name!r} is no switch: there are {', '.join(_WARNINGS)}")
        return cls(**dict.fromkeys(names, False))

    def off(self) -> tuple[str, ...]:
        return tuple(f.name for f in fields(self) if not getattr(self, f.name))

    def warnings(self) -> tuple[str, ...]:
        """What every answer has to say about the guarantees that are off."""
        return tuple(f"Switched off, {name}: {_WARNINGS[name]}." for name in self.off())


def switch_names() -> tuple[str, ...]:
    return tuple(_WARNINGS)
