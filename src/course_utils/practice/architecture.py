"""An architecture as data, and a linter that finds its faults by reachability.

Boxes and arrows are data: what a box is and does, what crosses an arrow. Each rule asks
which boxes something can reach: whether the identity reaches retrieval, whether a
stranger's text reaches a side effect. What no path shows (whether a filter works, whether
a person reads what they approve) no linter finds. Standard library alone: these files also
run in the reader's browser.

>>> design = get_architecture("document-qa")
>>> lint(design)
()
>>> print(lint(design.without_edge("index -> retrieval"))[0])
[rights] Documents: the rights to its documents do not reach Retrieval. Fix: let every arrow \
from Documents to Retrieval carry the rights, so that the search can filter by them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.resources import files
from typing import Any

KINDS = (
    "client",
    "api",
    "policy",
    "orchestrator",
    "retrieval",
    "tool",
    "model",
    "validation",
    "evaluation",
    "source",
    "ingestion",
    "index",
    "gate",
    "audit",
)
TRUST = ("trusted", "untrusted")

# What crosses an arrow. Content can hold a stranger's words, and so their instructions.
CONTENT = frozenset(("question", "documents", "passages", "results", "answer", "call"))
CARGO = CONTENT | {"login", "identity", "rights", "trace", "record"}

ARROW = "->"

RULES = {
    "identity": "who asks reaches retrieval and every tool",
    "rights": "who may read a document reaches retrieval together with it",
    "gate": "untrusted content reaches a side effect through a model behind a gate alone",
    "key": "every write has an idempotency key",
    "approval": "every path to a write passes its approval",
    "audit": "every write is recorded in an audit log",
    "validation": "no answer reaches a client unchecked",
    "tap": "every model call is recorded for evaluation",
    "fallback": "every external call has a fallback",
    "requirement": "every requirement is bound to a component and a metric",
    "use": "every box has a use",
}


@dataclass(frozen=True)
class Node:
    """One box.

    `trust`: "untrusted" where somebody outside the company can put words in. `side_effect`:
    something outside the system changes, or learns something (a page that is fetched tells
    its owner that it was). `external`: the call can fail while we are up; `fallback` says in
    words what happens then. For a write, a tool with a side effect: `idempotency_key` says
    in words what the key is made of, `approval` and `audit` name boxes.
    """

    id: str
    kind: str
    label: str = ""
    trust: str = "trusted"
    side_effect: bool = False
    external: bool = False
    fallback: str = ""
    idempotency_key: str = ""
    approval: str = ""
    audit: str = ""

    def __post_init__(self) -> None:
        where = f"node {self.id!r}"
        _check_name(self.id)
        for field in fields(self):
            value = getattr(self, field.name)
            wanted = bool if field.name in ("side_effect", "external") else str
            if not isinstance(value, wanted):
                said = "true or false" if wanted is bool else "text"
                raise ValueError(f"{where}: {field.name} = {value!r}: give {said}")
        _check_word(where, "kind", self.kind, KINDS)
        _check_word(where, "trust", self.trust, TRUST)
        if self.side_effect and self.kind not in ("tool", "client"):
            raise ValueError(
                f"{where}: side_effect = True for a {self.kind}: only a tool or a client has "
                "side effects; draw what it changes as a tool of its own"
            )
        for name in ("idempotency_key", "approval", "audit"):
            if getattr(self, name) and not self.is_write:
                raise ValueError(f"{where}: {name} is for a write: a tool with side_effect = True")

    @property
    def is_write(self) -> bool:
        return self.kind == "tool" and self.side_effect

    @property
    def name(self) -> str:
        """The label, or the id of a box without one."""
        return self.label or self.id


@dataclass(frozen=True)
class Edge:
    """One arrow, and what crosses it (words of `CARGO`)."""

    source: str
    target: str
    carries: frozenset[str]

    @property
    def arrow(self) -> str:
        return f"{self.source} {ARROW} {self.target}"


@dataclass(frozen=True)
class Requirement:
    """What was asked for, the box that answers for it, and how it is measured."""

    text: str
    component: str = ""
    metric: str = ""


@dataclass(frozen=True)
class Finding:
    """A rule that is broken: on which path, what is wrong, and how to mend it."""

    rule: str
    path: tuple[str, ...]
    message: str
    mend: str

    def __str__(self) -> str:
        return f"[{self.rule}] {self.message}. Fix: {self.mend}."


@dataclass(frozen=True)
class Architecture:
    """Boxes by id, arrows, and what was required. Changing one gives a new one."""

    title: str
    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    requirements: tuple[Requirement, ...] = ()

    def __post_init__(self) -> None:
        for edge in self.edges:
            for end in (edge.source, edge.target):
                self._check_node(f"edge {edge.arrow!r}", end)
        arrows = [edge.arrow for edge in self.edges]
        for arrow in arrows:
            if arrows.count(arrow) > 1:
                raise ValueError(
                    f"edge {arrow!r} is there twice: write one with all that it carries"
                )
        for node in self.nodes.values():
            for name, kind in (("approval", "gate"), ("audit", "audit")):
                box = getattr(node, name)
                if not box:
                    continue
                where = f"node {node.id!r}: {name}"
                self._check_node(where, box)
                if self.nodes[box].kind != kind:
                    raise ValueError(
                        f"{where} = {box!r} is of kind {self.nodes[box].kind!r}: name one of kind "
                        f"{kind!r}"
                    )
        for requirement in self.requirements:
            if requirement.component:
                self._check_node(f"requirement {requirement.text!r}", requirement.component)

    def _check_node(self, where: str, node_id: str) -> None:
        if node_id not in self.nodes:
            raise ValueError(
                f"{where}: there is no node {node_id!r}; there are {', '.join(self.nodes)}"
            )

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Architecture:
        """An architecture from plain data: `nodes`, `edges`, `requirements`, `title`.

        `nodes` maps an id to the fields of a `Node`, `edges` maps "a -> b" to what crosses
        it, as text with commas; `requirements` is a list of mappings.

        >>> design = Architecture.from_data({
        ...     "nodes": {"mail": {"kind": "source", "trust": "untrusted"},
        ...               "llm": {"kind": "model"},
        ...               "send": {"kind": "tool", "side_effect": True}},
        ...     "edges": {"mail -> llm": "documents", "llm -> send": "call"}})
        >>> [finding.path for finding in lint(design) if finding.rule == "gate"]
        [('mail', 'llm', 'send')]
        """
        _check_mapping("an architecture", data)
        _check_fields("an architecture", data, ("title", "nodes", "edges", "requirements"))
        nodes = data.get("nodes", {})
        edges = data.get("edges", {})
        requirements = data.get("requirements", [])
        _check_mapping("nodes", nodes)
        _check_mapping("edges", edges)
        if not isinstance(requirements, list | tuple):
            raise ValueError(f"requirements = {requirements!r}: give a list")
        return cls(
            title=str(data.get("title", "")),
            nodes={node_id: _node(node_id, entry) for node_id, entry in nodes.items()},
            edges=tuple(_edge(arrow, carries) for arrow, carries in edges.items()),
            requirements=tuple(map(_requirement, requirements)),
        )

    def of_kind(self, *kinds: str) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes.values() if node.kind in kinds)

    def arrows(self) -> tuple[str, ...]:
        """The arrows as text, "a -> b", in the order of the data."""
        return tuple(edge.arrow for edge in self.edges)

    def with_node(self, node_id: str, **changes: Any) -> Architecture:
        """With a new box, or with some attributes of a box changed."""
        if node_id in self.nodes:
            _check_fields(f"node {node_id!r}", changes, _NODE_FIELDS)
            node = replace(self.nodes[node_id], **changes)
        else:
            node = _node(node_id, changes)
        return replace(self, nodes={**self.nodes, node_id: node})

    def with_edge(self, arrow: str, carries: str) -> Architecture:
        """With an arrow more, or with an arrow that carries something else."""
        edge = _edge(arrow, carries)
        others = (other for other in self.edges if other.arrow != edge.arrow)
        return replace(self, edges=(*others, edge))

    def without_edge(self, arrow: str) -> Architecture:
        """With this arrow removed."""
        source, target = _ends(arrow)
        kept = tuple(e for e in self.edges if (e.source, e.target) != (source, target))
        if len(kept) == len(self.edges):
            raise ValueError(
                f"there is no edge {arrow!r} to remove; there are {', '.join(self.arrows())}"
            )
        return replace(self, edges=kept)

    def without_node(self, node_id: str) -> Architecture:
        """With this box and its arrows removed, and everything that named it left open."""
        self._check_node("without_node", node_id)

        def left(name: str) -> str:
            return "" if name == node_id else name

        return Architecture(
            title=self.title,
            nodes={
                node.id: replace(node, approval=left(node.approval), audit=left(node.audit))
                for node in self.nodes.values()
                if node.id != node_id
            },
            edges=tuple(e for e in self.edges if node_id not in (e.source, e.target)),
            requirements=tuple(
                replace(need, component=left(need.component)) for need in self.requirements
            ),
        )

    def reached(
        self, starts: Iterable[str], cargo: Iterable[str], avoid: Iterable[str] = ()
    ) -> dict[str, tuple[str, ...]]:
        """Every box that the cargo reaches from the starts, with a shortest path to it.

        Breadth first over arrows that carry any of `cargo`, entering no box of `avoid`.
        """
        wanted, closed = frozenset(cargo), frozenset(avoid)
        paths = {start: (start,) for start in starts if start not in closed}
        queue = list(paths)
        for here in queue:
            for edge in self.edges:
                new = edge.target not in paths and edge.target not in closed
                if edge.source == here and new and edge.carries & wanted:
                    paths[edge.target] = (*paths[here], edge.target)
                    queue.append(edge.target)
        return paths


def lint(design: Architecture) -> tuple[Finding, ...]:
    """What is wrong with a design, in the order of `RULES`; empty where nothing is."""
    return tuple(finding for check in _CHECKS for finding in check(design))


# ---------------------------------------------------------------- the rules


def _identity(design: Architecture) -> Iterator[Finding]:
    logged_in = design.reached(_ids(design, "client"), ["login"])
    policies = [node.id for node in design.of_kind("policy") if node.id in logged_in]
    known = design.reached(policies, ["identity"])
    anywhere = design.reached(_ids(design, "client"), CARGO)
    for node in design.of_kind("retrieval", "tool"):
        if node.id not in known:
            yield Finding(
                "identity",
                anywhere.get(node.id, (node.id,)),
                f"{node.name} does not learn who asks, so it works with the rights of the system",
                "let the login reach a policy box and the identity go on from there to "
                f"{node.name}, arrow by arrow",
            )


def _rights(design: Architecture) -> Iterator[Finding]:
    for source in design.of_kind("source"):
        found = design.reached([source.id], ["documents", "passages"])
        rights = design.reached([source.id], ["rights"])
        for node in design.of_kind("retrieval"):
            # Without any arrow the documents may be there and only their rights are not drawn.
            if node.id not in rights:
                yield Finding(
                    "rights",
                    found.get(node.id, (source.id,)),
                    f"{source.name}: the rights to its documents do not reach {node.name}",
                    f"let every arrow from {source.name} to {node.name} carry the rights, so that "
                    "the search can filter by them",
                )


def _gate(design: Architecture) -> Iterator[Finding]:
    for start in design.nodes.values():
        if start.trust != "untrusted":
            continue
        for target in design.nodes.values():
            path = _tainted_path(design, start.id, target.id) if target.side_effect else ()
            if path:
                yield Finding(
                    "gate",
                    path,
                    f"text in {start.name} can make {target.name} act: {_shown(design, path)}",
                    f"put a gate in front of {target.name}: a person who approves, or a check in "
                    "code that the text cannot argue with",
                )


def _tainted_path(design: Architecture, start: str, target: str) -> tuple[str, ...]:
    """A shortest way of content from start through a model to target, past no gate; or ().

    It ends at a client too: what a person has read and types again is theirs.
    """
    closed = {node.id for node in design.of_kind("gate", "client")} - {start, target}
    before = design.reached([start], CONTENT, closed)
    ways = []
    for model in design.of_kind("model"):
        after = design.reached([model.id], CONTENT, closed)
        if model.id in before and target in after:
            ways.append(before[model.id] + after[target][1:])
    return min(ways, key=len, default=())


def _key(design: Architecture) -> Iterator[Finding]:
    for node in _writes(design):
        if not node.idempotency_key.strip():
            yield Finding(
                "key",
                (node.id,),
                f"{node.name} has no idempotency key, so a retry does it twice",
                "say what makes two calls the same one, such as requester, tool and arguments",
            )


def _approval(design: Architecture) -> Iterator[Finding]:
    starts = _ids(design, "client", "model", "source")
    for node in _writes(design):
        if not node.approval:
            yield Finding(
                "approval",
                (node.id,),
                f"{node.name} names no approval",
                "name the gate at which somebody who may decide says yes",
            )
            continue
        path = design.reached(starts, CONTENT, [node.approval]).get(node.id)
        if path:
            yield Finding(
                "approval",
                path,
                f"{node.name} can be reached around its approval: {_shown(design, path)}",
                f"lead this path through {design.nodes[node.approval].name}",
            )


def _audit(design: Architecture) -> Iterator[Finding]:
    for node in _writes(design):
        if not node.audit or node.audit not in design.reached([node.id], ["record"]):
            yield Finding(
                "audit",
                (node.id,),
                f"nobody can say afterwards what {node.name} did",
                "name an audit log and let a record of every call reach it",
            )


def _validation(design: Architecture) -> Iterator[Finding]:
    checks = _ids(design, "validation")
    for model in design.of_kind("model"):
        unchecked = design.reached([model.id], ["answer"], checks)
        for client in design.of_kind("client"):
            if client.id in unchecked:
                path = unchecked[client.id]
                yield Finding(
                    "validation",
                    path,
                    f"an answer can reach {client.name} unchecked: {_shown(design, path)}",
                    "lead this path through validation",
                )


def _tap(design: Architecture) -> Iterator[Finding]:
    for model in design.of_kind("model"):
        traced = design.reached([model.id], ["trace"])
        if not traced.keys() & set(_ids(design, "validation", "evaluation")):
            yield Finding(
                "tap",
                (model.id,),
                f"the calls of {model.name} are not recorded for evaluation",
                "let a trace of every call reach evaluation: prompt, answer, tokens, time, version",
            )


def _fallback(design: Architecture) -> Iterator[Finding]:
    for node in design.nodes.values():
        if node.external and not node.fallback.strip():
            yield Finding(
                "fallback",
                (node.id,),
                f"nothing says what happens while {node.name} is down",
                "name a second provider, or say what the user gets without it",
            )


def _requirements(design: Architecture) -> Iterator[Finding]:
    for need in design.requirements:
        missing = [name for name in ("component", "metric") if not getattr(need, name).strip()]
        if missing:
            yield Finding(
                "requirement",
                (need.component,) if need.component else (),
                f"“{need.text}” has no {' and no '.join(missing)}",
                "name the box that answers for it and the number that shows whether it holds",
            )


def _use(design: Architecture) -> Iterator[Finding]:
    found = ["documents", "passages"]
    models, clients = _ids(design, "model"), _ids(design, "client")
    filled = design.reached(_ids(design, "source"), found)
    called = design.reached([*clients, *models, *_ids(design, "orchestrator")], ["call"])

    def ends(node: Node, cargo: list[str], where: list[str]) -> bool:
        return not design.reached([node.id], cargo).keys().isdisjoint(where)

    for node in design.nodes.values():
        problems = []
        if node.kind == "source" and not ends(node, found, _ids(design, "retrieval")):
            problems.append("nothing searches what is in it")
        if node.kind == "retrieval" and node.id not in filled:
            problems.append("it has nothing to search")
        if node.kind == "retrieval" and not ends(node, ["passages"], models):
            problems.append("what it finds reaches no model")
        if node.kind == "tool" and not node.is_write and not ends(node, ["results"], models):
            problems.append("what it looks up reaches no model")
        if node.is_write and node.id not in called:
            problems.append("no call reaches it")
        if node.kind == "model" and not ends(node, ["answer"], clients):
            problems.append("its answers reach no client")
        for problem in problems:
            mend = f"add the arrow, or remove {node.name}"
            yield Finding("use", (node.id,), f"{node.name}: {problem}", mend)


_CHECKS: tuple[Callable[[Architecture], Iterator[Finding]], ...] = (
    _identity,
    _rights,
    _gate,
    _key,
    _approval,
    _audit,
    _validation,
    _tap,
    _fallback,
    _requirements,
    _use,
)


def _writes(design: Architecture) -> tuple[Node, ...]:
    return tuple(node for node in design.nodes.values() if node.is_write)


def _ids(design: Architecture, *kinds: str) -> list[str]:
    return [node.id for node in design.of_kind(*kinds)]


def _shown(design: Architecture, path: Iterable[str]) -> str:
    return " → ".join(design.nodes[node_id].name for node_id in path)


# ---------------------------------------------------------------- reading the data

_NODE_FIELDS = tuple(field.name for field in fields(Node) if field.name != "id")


def _check_name(name: Any) -> None:
    if not isinstance(name, str) or not name.strip() or ARROW in name or name != name.strip():
        raise ValueError(f"node id {name!r}: give text without {ARROW!r} and without spaces around")


def _check_word(where: str, name: str, value: str, words: Iterable[str]) -> None:
    if value not in words:
        raise ValueError(f"{where}: {name} = {value!r}: give one of {', '.join(words)}")


def _check_mapping(where: str, value: Any) -> None:
    if not isinstance(value, Mapping):
        raise ValueError(f"{where} is a {type(value).__name__}: give a mapping (a dict)")


def _check_fields(where: str, entry: Mapping[str, Any], known: Iterable[str]) -> None:
    unknown = [str(name) for name in entry if name not in known]
    if unknown:
        raise ValueError(
            f"{where} has no field {', '.join(unknown)}; the fields are {', '.join(known)}"
        )


def _node(node_id: Any, entry: Any) -> Node:
    _check_name(node_id)
    _check_mapping(f"node {node_id!r}", entry)
    _check_fields(f"node {node_id!r}", entry, _NODE_FIELDS)
    if "kind" not in entry:
        raise ValueError(f"node {node_id!r} has no kind: give one of {', '.join(KINDS)}")
    return Node(id=node_id, **entry)


def _ends(arrow: Any) -> tuple[str, str]:
    parts = [part.strip() for part in arrow.split(ARROW)] if isinstance(arrow, str) else []
    if len(parts) != 2 or not all(parts):
        raise ValueError(f"edge {arrow!r}: write it as 'a {ARROW} b'")
    if parts[0] == parts[1]:
        raise ValueError(f"edge {arrow!r} leads from a node to itself: remove it")
    return parts[0], parts[1]


def _edge(arrow: Any, carries: Any) -> Edge:
    source, target = _ends(arrow)
    if not isinstance(carries, str):
        raise ValueError(f"edge {arrow!r} carries {carries!r}: give text such as 'question, login'")
    words = frozenset(word.strip() for word in carries.split(",") if word.strip())
    if not words:
        raise ValueError(f"edge {arrow!r} carries nothing: say what crosses it")
    for word in sorted(words):
        _check_word(f"edge {arrow!r}", "carries", word, sorted(CARGO))
    return Edge(source, target, words)


def _requirement(entry: Any) -> Requirement:
    _check_mapping("a requirement", entry)
    _check_fields("a requirement", entry, ("text", "component", "metric"))
    for name, value in entry.items():
        if not isinstance(value, str):
            raise ValueError(f"a requirement: {name} = {value!r}: give text")
    if not entry.get("text", "").strip():
        raise ValueError(f"requirement {dict(entry)!r}: give its text")
    return Requirement(**entry)


# ---------------------------------------------------------------- the architectures there are


def architecture_ids() -> tuple[str, ...]:
    """The architectures that come with the course."""
    folder = files("course_utils.practice") / "architectures"
    names = sorted(path.name for path in folder.iterdir())
    return tuple(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


@cache
def get_architecture(architecture_id: str) -> Architecture:
    """An architecture of the course; `ValueError` lists those there are."""
    if architecture_id not in architecture_ids():
        raise ValueError(
            f"architecture_id {architecture_id!r} is unknown; there are "
            f"{', '.join(architecture_ids())}"
        )
    path = files("course_utils.practice") / "architectures" / f"{architecture_id}.toml"
    return Architecture.from_data(tomllib.loads(path.read_text(encoding="utf-8")))
