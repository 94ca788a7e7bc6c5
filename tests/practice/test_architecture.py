"""The design linter: the reference architecture is clean, and what is taken away is missed."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.book.mermaid import diagrams_of
from course_utils.practice.architecture import (
    CARGO,
    CONTENT,
    KINDS,
    RULES,
    Architecture,
    architecture_ids,
    get_architecture,
    lint,
)

CHAPTERS = Path(__file__).parents[2] / "chapters"
DESIGN = get_architecture("document-qa")

# Each arrow of the reference architecture and the rules that miss it, by hand.
MISSED_BY = {
    "client -> api": {"identity"},
    "api -> policy": {"identity"},
    "policy -> orchestrator": {"identity"},
    "orchestrator -> retrieval": {"identity"},
    "orchestrator -> tools": {"identity"},
    "retrieval -> model": {"use"},
    "tools -> model": {"use"},
    "model -> validation": {"tap", "use"},
    "validation -> client": {"use"},
    "documents -> ingestion": {"rights", "use"},
    "ingestion -> index": {"rights", "use"},
    "index -> retrieval": {"rights", "use"},
    "model -> approval": {"use"},
    "orchestrator -> approval": {"identity"},
    "approval -> actions": {"identity", "use"},
    "actions -> audit": {"audit"},
}


def rules(design):
    return {finding.rule for finding in lint(design)}


def fence_arrows(lesson):
    """The arrows of the diagrams of a lesson, by the ids of their boxes."""
    text = "\n".join(diagram.text for diagram in diagrams_of(CHAPTERS / lesson))
    found = re.findall(r"^\s*(\w+)(?:\[[^\]]*\])?\s*-->\s*(\w+)", text, re.M)
    return {f"{source} -> {target}" for source, target in found}


# ---------------------------------------------------------------- the reference architecture


def test_the_reference_architecture_is_clean():
    assert lint(DESIGN) == ()


def test_it_holds_every_box_and_arrow_of_the_drawing_in_lesson_01():
    drawn = fence_arrows("01-interview-basics.md")
    assert len(drawn) == 9
    assert drawn <= set(DESIGN.arrows())


def test_its_labels_are_those_of_the_drawing_in_lesson_01():
    [diagram] = diagrams_of(CHAPTERS / "01-interview-basics.md")
    labels = dict(re.findall(r"(\w+)\[([^\]]+)\]", diagram.text))
    assert len(labels) == 8
    assert {name: DESIGN.nodes[name].label for name in labels} == labels


def test_the_drawing_of_its_own_lesson_has_exactly_its_arrows():
    # The client is drawn twice, so that the drawing runs from top to bottom.
    drawn = fence_arrows("03-reference-architecture.md")
    assert {arrow.replace("reader", "client") for arrow in drawn} == set(DESIGN.arrows())


def test_every_rule_of_the_table_is_broken_by_some_design():
    broken = set().union(*map(rules, (design for _, design in MUTANTS)))
    assert broken == set(RULES)


def test_it_is_found_by_its_id_and_others_are_refused():
    assert architecture_ids() == ("document-qa",)
    with pytest.raises(ValueError, match=r"'chatbot' is unknown; there are document-qa"):
        get_architecture("chatbot")


# ---------------------------------------------------------------- what is taken away is missed


@pytest.mark.parametrize("arrow", DESIGN.arrows())
def test_each_arrow_that_is_removed_is_missed_by_its_rules(arrow):
    assert rules(DESIGN.without_edge(arrow)) == MISSED_BY[arrow]


@given(st.sets(st.sampled_from(DESIGN.arrows()), min_size=1))
def test_no_set_of_arrows_can_be_removed_unseen(arrows):
    design = DESIGN
    for arrow in arrows:
        design = design.without_edge(arrow)
    assert lint(design)


@given(st.sampled_from(DESIGN.edges), st.data())
def test_an_arrow_that_carries_less_is_missed_like_what_it_carried(edge, data):
    lost = data.draw(st.sampled_from(sorted(edge.carries)))
    left = edge.carries - {lost}
    if not left:
        design = DESIGN.without_edge(edge.arrow)
    else:
        design = DESIGN.with_edge(edge.arrow, ", ".join(sorted(left)))
    expected = {
        "login": {"identity"},
        "identity": {"identity"},
        "rights": {"rights"},
        "trace": {"tap"},
        "record": {"audit"},
        "documents": {"use"},
        "passages": {"use"},
        "results": {"use"},
        "answer": {"use"},
        "call": {"use"},
        "question": set(),  # who asks is checked, and not what
    }[lost]
    assert expected <= rules(design)


MUTANTS = [
    ("key", DESIGN.with_node("actions", idempotency_key="")),
    ("approval", DESIGN.with_node("actions", approval="")),
    ("approval", DESIGN.with_edge("orchestrator -> actions", "call, identity")),
    ("audit", DESIGN.with_node("actions", audit="")),
    ("audit", DESIGN.without_node("audit")),
    ("fallback", DESIGN.with_node("model", fallback=" ")),
    ("fallback", DESIGN.with_node("tools", fallback="")),
    ("validation", DESIGN.with_edge("model -> client", "answer")),
    ("tap", DESIGN.with_edge("model -> validation", "answer")),
    ("gate", DESIGN.with_edge("model -> actions", "call")),
    ("gate", DESIGN.with_node("client", side_effect=True)),
    ("identity", DESIGN.with_edge("orchestrator -> retrieval", "question")),
    ("rights", DESIGN.with_edge("ingestion -> index", "passages")),
    ("requirement", DESIGN.without_node("validation")),
    ("use", DESIGN.without_edge("tools -> model")),
]


@pytest.mark.parametrize(("rule", "design"), MUTANTS)
def test_each_fault_is_found_by_its_rule(rule, design):
    assert rule in rules(design)


def test_a_finding_names_rule_path_and_mend():
    [gate, approval] = lint(DESIGN.with_edge("model -> actions", "call"))
    assert gate.rule == "gate"
    assert gate.path == ("documents", "ingestion", "index", "retrieval", "model", "actions")
    assert approval.path == ("model", "actions")
    assert str(gate) == (
        "[gate] text in Documents can make Actions act: Documents → Ingestion → Index → Retrieval "
        "→ Model → Actions. Fix: put a gate in front of Actions: a person who approves, or a "
        "check in code that the text cannot argue with."
    )


def test_an_identity_that_a_model_writes_is_none():
    """The call names a requester; that is the model's word and not the login's."""
    assert rules(DESIGN.without_edge("orchestrator -> approval")) == {"identity"}


def test_each_source_of_documents_needs_its_own_rights():
    two = DESIGN.with_node("acquired", kind="source").with_edge(
        "acquired -> ingestion", "documents"
    )
    [finding] = lint(two)
    assert (finding.rule, finding.path[0]) == ("rights", "acquired")
    assert lint(two.with_edge("acquired -> ingestion", "documents, rights")) == ()


def test_a_separate_evaluation_box_may_take_the_trace():
    design = (
        DESIGN.with_edge("model -> validation", "answer")
        .with_node("evaluation", kind="evaluation")
        .with_edge("model -> evaluation", "trace")
    )
    assert lint(design) == ()


def test_a_person_ends_the_path_of_a_strangers_text():
    """An answer that is read, and a question that is then typed, are the reader's own."""
    design = DESIGN.with_node("form", kind="tool", side_effect=True).with_edge(
        "client -> form", "call, identity"
    )
    assert "gate" not in rules(design)


def test_a_tool_that_reads_and_writes_strangers_mail_reaches_itself():
    design = Architecture.from_data(
        {
            "nodes": {
                "mail": {"kind": "tool", "trust": "untrusted", "side_effect": True},
                "llm": {"kind": "model"},
            },
            "edges": {"mail -> llm": "results", "llm -> mail": "call"},
        }
    )
    assert [f.path for f in lint(design) if f.rule == "gate"] == [("mail", "llm", "mail")]


# ---------------------------------------------------------------- any architecture


@st.composite
def designs(draw):
    """Small architectures of any shape, with strangers' text, models, gates and writes."""
    kinds = draw(
        st.lists(
            st.sampled_from(["source", "model", "tool", "gate", "retrieval", "client"]),
            min_size=2,
            max_size=6,
        )
    )
    nodes = {
        f"n{i}": {
            "kind": kind,
            "trust": draw(st.sampled_from(["trusted", "untrusted"])),
            "side_effect": kind in ("tool", "client") and draw(st.booleans()),
        }
        for i, kind in enumerate(kinds)
    }
    arrows = [f"{a} -> {b}" for a in nodes for b in nodes if a != b]
    edges = {
        arrow: draw(st.sampled_from(["passages", "call", "rights", "answer, trace"]))
        for arrow in draw(st.sets(st.sampled_from(arrows)))
    }
    return Architecture.from_data({"nodes": nodes, "edges": edges})


def gate_pairs(design):
    return {(f.path[0], f.path[-1]) for f in lint(design) if f.rule == "gate"}


def tainted_by_hand(design):
    """The same by walking state by state: (box, whether a model was passed)."""
    pairs = set()
    for start in design.nodes.values():
        if start.trust != "untrusted":
            continue
        for target in design.nodes.values():
            if not target.side_effect:
                continue
            seen, todo = set(), [(start.id, start.kind == "model")]
            while todo:
                here, past_model = state = todo.pop()
                if state in seen:
                    continue
                seen.add(state)
                if here == target.id and past_model:
                    pairs.add((start.id, target.id))
                blocked = design.nodes[here].kind in ("gate", "client")
                if blocked and here not in (start.id, target.id):
                    continue
                for edge in design.edges:
                    if edge.source == here and edge.carries & CONTENT:
                        is_model = design.nodes[edge.target].kind == "model"
                        todo.append((edge.target, past_model or is_model))
    return pairs


@given(designs())
def test_the_gate_rule_finds_what_a_walk_by_hand_finds(design):
    assert gate_pairs(design) == tainted_by_hand(design)


@given(designs())
def test_the_path_of_a_finding_is_a_path_of_the_design(design):
    arrows = set(design.arrows())
    for finding in lint(design):
        if finding.rule in ("gate", "validation", "approval"):
            steps = pairwise(finding.path)
            assert {f"{a} -> {b}" for a, b in steps} <= arrows


@given(designs())
def test_a_gate_in_front_of_the_side_effect_removes_the_finding(design):
    for _, target in gate_pairs(design):
        gated = design.with_node("new gate", kind="gate")
        for edge in design.edges:
            if edge.target == target and edge.carries & CONTENT:
                carries = ", ".join(sorted(edge.carries))
                gated = (
                    gated.without_edge(edge.arrow)
                    .with_edge(f"{edge.source} -> new gate", carries)
                    .with_edge(f"new gate -> {target}", "call")
                )
        assert target not in {end for _, end in gate_pairs(gated)}


@given(designs(), st.data())
def test_one_arrow_more_breaks_no_path_that_was_there(design, data):
    """More arrows can make new paths for strangers, and none go away."""
    names = list(design.nodes)
    pair = data.draw(st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True))
    more = design.with_edge(" -> ".join(pair), ", ".join(sorted(CARGO)))
    assert gate_pairs(design) <= gate_pairs(more)


@given(designs(), st.data())
def test_a_box_that_is_removed_leaves_nothing_that_names_it(design, data):
    name = data.draw(st.sampled_from(list(design.nodes)))
    smaller = design.without_node(name)
    assert name not in smaller.nodes
    assert not any(name in (edge.source, edge.target) for edge in smaller.edges)


# ---------------------------------------------------------------- bad data

OK = {"llm": {"kind": "model"}, "app": {"kind": "client"}}
WRITE = {"kind": "tool", "side_effect": True}


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ([], "an architecture is a list: give a mapping"),
        ({"boxes": {}}, "an architecture has no field boxes; the fields are title, nodes"),
        ({"nodes": []}, "nodes is a list: give a mapping"),
        ({"nodes": OK, "edges": ["llm -> app"]}, "edges is a list: give a mapping"),
        ({"nodes": {"llm": "model"}}, "node 'llm' is a str: give a mapping"),
        ({"nodes": {"llm": {}}}, "node 'llm' has no kind: give one of client"),
        ({"nodes": {"llm": {"kind": "LLM"}}}, "node 'llm': kind = 'LLM': give one of client"),
        ({"nodes": {"": {"kind": "model"}}}, "node id ''"),
        ({"nodes": {3: {"kind": "model"}}}, "node id 3"),
        ({"nodes": {"a -> b": {"kind": "model"}}}, "node id 'a -> b': give text without '->'"),
        ({"nodes": {"llm": {"kind": "model", "color": "red"}}}, "node 'llm' has no field color"),
        ({"nodes": {"llm": {"kind": "model", "trust": "some"}}}, "trust = 'some': give one of"),
        ({"nodes": {"llm": {"kind": "model", "external": "yes"}}}, "external = 'yes': give true"),
        ({"nodes": {"llm": {"kind": "model", "fallback": None}}}, "fallback = None: give text"),
        ({"nodes": {"llm": {"kind": "model", "side_effect": True}}}, "side_effect = True for a"),
        ({"nodes": {"llm": {"kind": "model", "audit": "log"}}}, "audit is for a write"),
        ({"nodes": {"t": {**WRITE, "approval": "boss"}}}, "there is no node 'boss'"),
        (
            {"nodes": {**OK, "t": {**WRITE, "approval": "llm"}}},
            "node 't': approval = 'llm' is of kind 'model': name one of kind 'gate'",
        ),
        ({"nodes": OK, "edges": {"llm - app": "answer"}}, "write it as 'a -> b'"),
        ({"nodes": OK, "edges": {"llm -> ": "answer"}}, "write it as 'a -> b'"),
        ({"nodes": OK, "edges": {"llm -> llm": "answer"}}, "from a node to itself"),
        ({"nodes": OK, "edges": {"llm -> user": "answer"}}, "no node 'user'; there are llm, app"),
        ({"nodes": OK, "edges": {"llm -> app": "answers"}}, "carries = 'answers': give one of"),
        ({"nodes": OK, "edges": {"llm -> app": " , "}}, "carries nothing"),
        ({"nodes": OK, "edges": {"llm -> app": ["answer"]}}, "give text such as"),
        (
            {"nodes": OK, "edges": {"llm -> app": "answer", "llm->app": "trace"}},
            "edge 'llm -> app' is there twice",
        ),
        ({"nodes": OK, "requirements": {}}, "requirements = {}: give a list"),
        ({"nodes": OK, "requirements": ["fast"]}, "a requirement is a str: give a mapping"),
        ({"nodes": OK, "requirements": [{"text": " "}]}, "give its text"),
        ({"nodes": OK, "requirements": [{"text": "fast", "metric": 2}]}, "metric = 2: give text"),
        ({"nodes": OK, "requirements": [{"text": "fast", "owner": "me"}]}, "no field owner"),
        (
            {"nodes": OK, "requirements": [{"text": "fast", "component": "gpu"}]},
            "requirement 'fast': there is no node 'gpu'",
        ),
    ],
)
def test_bad_data_is_refused_by_name(data, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        Architecture.from_data(data)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda d: d.without_edge("model -> client"), "no edge 'model -> client' to remove"),
        (lambda d: d.without_node("llm"), "there is no node 'llm'"),
        (lambda d: d.with_node("llm", label="Model"), "node 'llm' has no kind"),
        (lambda d: d.with_node("model", size="70B"), "node 'model' has no field size"),
        (lambda d: d.with_edge("model -> llm", "answer"), "there is no node 'llm'"),
        (lambda d: d.with_node("actions", audit="index"), "is of kind 'index'"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_by_name(change, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        change(DESIGN)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["nodes", "edges", "requirements", "kind", "a", "b", "a -> b", *KINDS]
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=12,
    )
)
def test_any_data_gives_a_design_or_a_value_error(data):
    try:
        design = Architecture.from_data(data)
    except ValueError:
        return
    assert all(finding.rule in RULES for finding in lint(design))
