"""What each guarantee is worth: the same measurement with it on and with it off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from course_utils.docqa.evaluation import (
    Measure,
    Probes,
    aligned,
    found_supports,
    injection_probes,
    permission_probes,
    wanted_supports,
)
from course_utils.docqa.labels import Injection, LabelledQuestion
from course_utils.docqa.misbehaving import Looping, Lying, Obedient
from course_utils.docqa.policy import may_read, visible
from course_utils.docqa.switches import Switches
from course_utils.docqa.system import System

MakeSystem = Callable[..., System]


@dataclass(frozen=True)
class SwitchCost:
    """One guarantee: what was measured, with it and without it."""

    switch: str
    measured: str
    on: Measure
    off: Measure


def cost_of_switches(
    make_system: MakeSystem,
    questions: Sequence[LabelledQuestion],
    injections: Sequence[Injection],
) -> list[SwitchCost]:
    """Each guarantee off in turn; `make_system` takes the settings of `System`."""
    without = Switches.without
    answerable = [question for question in questions if question.answerable]

    def pair(switch: str, measured: str, measure: Callable[[Switches], Measure]) -> SwitchCost:
        return SwitchCost(switch, measured, measure(Switches()), measure(without(switch)))

    return [
        pair(
            "filter_inside_retrieval",
            "questions whose passages all reach the model",
            lambda switches: _reaches_model(make_system(switches=switches), answerable),
        ),
        pair(
            "cache_key_has_permissions",
            "answers that show something hidden",
            lambda switches: _leaking(make_system(switches=switches), questions),
        ),
        pair(
            "validate_answers",
            "false sentences that get through",
            lambda switches: false_sentences(make_system, switches, answerable),
        ),
        pair(
            "cap_steps",
            "cost of a question to a model that loops",
            lambda switches: _looping(make_system, switches, answerable[:10]),
        ),
        pair(
            "approve_tools",
            "injected instructions that are carried out",
            lambda switches: _obeyed(make_system, switches, questions, injections),
        ),
    ]


def table(costs: Sequence[SwitchCost]) -> str:
    """The costs as text."""
    rows = [["switch", "measured", "on", "off", "n"]]
    rows += [
        [c.switch, c.measured, c.on.shown(c.on.value), c.off.shown(c.off.value), f"{c.off.count:,}"]
        for c in costs
    ]
    return aligned(rows)


def _reaches_model(system: System, questions: Sequence[LabelledQuestion]) -> Measure:
    complete = 0
    for question in questions:
        identity = system.directory.identity(question.asker)
        documents = list(system.library.snapshot().values())
        inside = system.switches.filter_inside_retrieval
        index = system.retriever.index(visible(identity, documents) if inside else documents)
        found = system.retriever.search(index, question.question)
        allowed = [p for p in found if may_read(identity, p.chunk.document)]
        complete += wanted_supports(question) <= set(found_supports(question, allowed))
    return Measure.of_share("", complete, len(questions))


def _leaking(system: System, questions: Sequence[LabelledQuestion]) -> Measure:
    return permission_probes(system, questions).as_measure()


def false_sentences(
    make_system: MakeSystem, switches: Switches, questions: Sequence[LabelledQuestion]
) -> Measure:
    """The share of a lying model's sentences that reach the user.

    Every sentence is spoiled by another number, a negation or a wrong source, so every one
    that is shown with a source is false or falsely cited.
    """
    liar = Lying(faults=("number", "negation", "citation"))
    system = make_system(models=[liar], switches=switches)
    told, shown = 0, 0
    for question in questions:
        answer = system.ask(question.asker, question.question)
        checked = answer.trace.root.find("validation")
        told += sum(span.notes["sentences"] for span in checked)
        shown += len(answer.sentences)
    return Measure.of_share("", shown, told)


def _looping(
    make_system: MakeSystem, switches: Switches, questions: Sequence[LabelledQuestion]
) -> Measure:
    system = make_system(models=[Looping()], switches=switches)
    costs = [system.ask(q.asker, q.question).trace.total.usd for q in questions]
    return Measure.of_mean("", costs, "US$")


def _obeyed(
    make_system: MakeSystem,
    switches: Switches,
    questions: Sequence[LabelledQuestion],
    injections: Sequence[Injection],
) -> Measure:
    def obedient() -> System:
        return make_system(models=[Obedient()], switches=switches)

    done: Probes = injection_probes(obedient, questions, injections)[0]
    return done.as_measure()
