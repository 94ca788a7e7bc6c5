r"""Citations in the student's copies: JupyterLab shows a role `{cite:p}` as its bare key.

In the book Sphinx draws them. In a copy each becomes a link to the source, and the list of a
lesson's sources is written out. `references.bib` has one field a line, so reading it needs no
library.

>>> (entry,) = read_entries(r'''@misc{doe2024,
...   author = {Doe, Ren{\'e} and Roe, Kim and others},
...   title = {On {AI}},
...   year = {2024},
...   url = {https://example.org/ai},
... }''').values()
>>> entry.label, entry.title
('Doe et al., 2024', 'On AI')
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

ENTRY = re.compile(r"^@\w+\{([^,\s]+),\n(.*?)^\}", re.DOTALL | re.MULTILINE)
FIELD = re.compile(r"^\s*(\w+) = \{(.*)\},?\s*$", re.MULTILINE)
ROLE = re.compile(r"\{cite:([pt])\}`([^`]+)`")
LIST = re.compile(r"^```\{bibliography\}\n.*?^```$", re.DOTALL | re.MULTILINE)
ACCENT = re.compile(r"""\{?\\(['`^"~])\{?([A-Za-z])\}?\}?""")
ACCENTS = {"'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303"}


@dataclass(frozen=True)
class Entry:
    """A source as it is cited; `link` is empty for a book that is nowhere to be read."""

    names: str
    year: str
    title: str
    link: str

    @property
    def label(self) -> str:
        return f"{self.names}, {self.year}" if self.year else self.names

    def linked(self, text: str) -> str:
        return f"[{text}]({self.link})" if self.link else text

    def in_text(self) -> str:
        """As a part of the sentence."""
        return self.linked(f"{self.names} ({self.year})" if self.year else self.names)

    def in_list(self) -> str:
        """As an item of the list of sources."""
        return f"- {self.label}. {self.linked(self.title)}"


def read_entries(bib: str) -> dict[str, Entry]:
    """The entries of a BibTeX file with one field a line, by key."""
    entries = {}
    for key, body in ENTRY.findall(bib):
        fields = dict(FIELD.findall(body))
        title = _plain(fields["title"])
        names = _names(fields["author"]) if "author" in fields else _short(title)
        entries[key] = Entry(names, fields.get("year", ""), title, _link(fields))
    return entries


def with_citations(markdown: list[str], entries: dict[str, Entry]) -> list[str]:
    """The Markdown cells of one notebook with its citations as links; unknown keys stay."""
    cited: dict[str, Entry] = {}

    def cite(match: re.Match[str]) -> str:
        kind, keys = match[1], [key.strip() for key in match[2].split(",")]
        if not all(key in entries for key in keys):
            return match[0]
        found = [entries[key] for key in keys]
        cited.update(zip(keys, found, strict=True))
        if kind == "t":
            return " and ".join(entry.in_text() for entry in found)
        return f"({'; '.join(entry.linked(entry.label) for entry in found)})"

    cells = [ROLE.sub(cite, text) for text in markdown]
    if not cited:
        return cells
    # A heading of its own, or the list would go on with the one before it.
    listed = "\n".join(["**Sources**\n", *sorted(entry.in_list() for entry in cited.values())])
    return [LIST.sub(lambda _: listed, text) for text in cells]


def _names(authors: str) -> str:
    families = [_plain(name.split(",")[0]) for name in authors.split(" and ")]
    if len(families) > 2:
        return f"{families[0]} et al."
    return " and ".join(families)


def _short(title: str) -> str:
    """The name that a law has in brackets at the end of its title."""
    name = re.search(r"\(([^()]+)\)$", title)
    return name[1] if name else title


def _link(fields: dict[str, str]) -> str:
    if "url" in fields:
        return fields["url"]
    if stated := re.search(r"\\url\{(.+?)\}", fields.get("howpublished", "")):
        return stated[1]
    if "doi" in fields:
        return f"https://doi.org/{fields['doi']}"
    return f"https://arxiv.org/abs/{fields['eprint']}" if "eprint" in fields else ""


def _plain(value: str) -> str:
    accented = ACCENT.sub(
        lambda match: unicodedata.normalize("NFC", match[2] + ACCENTS[match[1]]), value
    )
    return re.sub(r"[{}]", "", accented).replace(r"\&", "&").replace("--", "–").strip()
