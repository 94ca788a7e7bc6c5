"""The workflow: its states, its limits, and what it makes of bad models."""

from __future__ import annotations

import threading
import time

import pytest

from course_utils.docqa.extractive import ExtractiveModel
from course_utils.docqa.misbehaving import Failing, Looping, Lying, Scripted, Slow
from course_utils.docqa.model import (
    Claim,
    ModelGarbage,
    ModelTimeout,
    ModelUnavailable,
    Reply,
)
from course_utils.docqa.orchestrator import MAX_QUESTION_CHARACTERS, NEXT, Limits, State
from course_utils.docqa.switches import Switches

LEAVE = "How many days of annual leave does an employee get?"
RIGHT = "Every employee gets 27 days of annual leave. [1]"


def stages(answer, name):
    return answer.trace.root.find(name)


def test_a_question_takes_the_short_way(system):
    answer = system.ask("worker", LEAVE)
    assert answer.text == RIGHT
    assert answer.states == (
        "received", "authorized", "retrieved", "drafted", "validated", "answered",
    )  # fmt: skip
    assert not answer.degraded


def test_each_state_leads_somewhere_or_ends_and_none_is_out_of_reach():
    ends = {State.ANSWERED, State.PROPOSED, State.ABSTAINED}
    assert {state for state in State if not NEXT[state]} == ends
    reached = {State.RECEIVED}
    while new := set().union(*(NEXT[s] for s in reached)) - reached:
        reached |= new
    assert reached == set(State)


def test_a_loop_ends_at_the_step_cap(make_system):
    answer = make_system(models=[Looping()]).ask("worker", LEAVE)
    assert answer.reason == "step_cap"
    assert len(answer.states) <= Limits().max_steps + 2
    assert len(stages(answer, "model")) <= 4


def test_without_the_step_cap_a_loop_ends_when_the_tokens_or_the_time_do(make_system):
    settings = {"models": [Looping()], "switches": Switches.without("cap_steps")}
    capped = make_system(models=[Looping()]).ask("worker", LEAVE)
    by_tokens = make_system(**settings, limits=Limits(token_budget=2_500)).ask("worker", LEAVE)
    assert by_tokens.reason == "token_budget"
    by_time = make_system(**settings, limits=Limits(token_budget=10**7)).ask("worker", LEAVE)
    assert by_time.reason == "deadline"
    assert by_time.trace.total.usd > by_tokens.trace.total.usd > 3 * capped.trace.total.usd
    assert "Switched off, cap_steps" in by_time.notices[-1]


def test_a_request_that_needs_more_tokens_than_its_budget_is_not_sent(make_system):
    answer = make_system(limits=Limits(token_budget=300)).ask("worker", LEAVE)
    assert answer.reason == "token_budget"
    assert answer.trace.total.input_tokens == 0


def test_a_model_that_comes_back_is_tried_again_with_growing_pauses(make_system):
    model = Failing(failures=2)
    answer = make_system(models=[model]).ask("worker", LEAVE)
    assert answer.text == RIGHT
    assert model.calls == 3
    assert not answer.degraded
    pauses = [span.duration_s for span in stages(answer, "backoff")]
    assert len(pauses) == 2
    assert 0.25 <= pauses[0] <= 0.5 <= pauses[1] <= 1.0


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ModelUnavailable, "could not be reached"),
        (ModelTimeout, "did not answer in time"),
        (ModelGarbage, "cannot be read"),
    ],
)
def test_the_fallback_answers_and_the_answer_says_so(make_system, error, says):
    answer = make_system(models=[Failing(error=error), ExtractiveModel()]).ask("worker", LEAVE)
    assert answer.text == RIGHT
    assert answer.degraded
    assert says in answer.notices[0]
    assert 3 <= len(stages(answer, "model")) <= Limits().model_attempts + 1


def test_when_every_model_fails_the_system_says_that(make_system):
    answer = make_system(models=[Failing(), Failing()]).ask("worker", LEAVE)
    assert answer.reason == "model_failed"
    assert answer.degraded
    assert answer.closest == ()


@pytest.mark.parametrize(
    "what",
    [
        Reply(),
        Reply(claims=(Claim("  ", ()),)),
        None,
        "27 days",
        Reply(claims=("27 days",)),
        Reply(claims=(Claim("x", ()),), confidence=7.0),
        Reply(abstains=True, output_tokens=-1),
        lambda request: 1 / 0,
    ],
)
def test_a_model_that_returns_nothing_usable_counts_as_failed(make_system, what):
    answer = make_system(models=[Scripted(what), ExtractiveModel()]).ask("worker", LEAVE)
    assert answer.text == RIGHT
    assert answer.degraded


@pytest.mark.parametrize(
    "claim",
    [
        Claim("Every employee gets 27 days of annual leave.", ("made-up.v9#1",)),
        Claim("Every employee gets 27 days of annual leave.", ()),
        Claim("Every employee gets 27 days of annual leave.", ("salary-bands.v1#1",)),
        Claim("Band D engineers earn from 49,000 to 69,500 dollars.", ("salary-bands.v1#1",)),
        Claim("Every employee gets 30 days of annual leave.", ("annual-leave.v2#1",)),
    ],
)
def test_a_claim_without_a_source_that_says_it_is_cut(make_system, claim):
    answer = make_system(models=[Scripted(Reply(claims=(claim,)))]).ask("worker", LEAVE)
    assert answer.reason == "not_supported"
    assert answer.sentences == ()
    assert claim.text not in answer.text
    assert "69,500" not in answer.as_text()


def test_a_true_sentence_stays_when_a_false_one_is_cut(make_system):
    claims = (
        Claim("Every employee gets 27 days of annual leave.", ("annual-leave.v2#1",)),
        Claim("Every employee gets a free lunch.", ("annual-leave.v2#1",)),
    )
    answer = make_system(models=[Scripted(Reply(claims=claims))]).ask("worker", LEAVE)
    assert answer.text == RIGHT
    assert "Part of the answer was cut, because no source supports it." in answer.notices


def test_a_claim_may_rest_on_two_passages_together(make_system):
    claim = Claim(
        "A lost laptop is reported to extension 4400. Visitors park behind the north gate.",
        ("lost-devices.v1#1", "parking.v1#1"),
    )
    question = "Where do visitors park and where is a lost laptop reported?"
    answer = make_system(models=[Scripted(Reply(claims=(claim,)))]).ask("worker", question)
    assert answer.sentences[0].citations == (1, 2)


def test_without_validation_a_lie_gets_through_and_the_answer_says_so(make_system):
    liar = Lying(faults=("number",))
    answer = make_system(models=[liar], switches=Switches.without("validate_answers")).ask(
        "worker", LEAVE
    )
    assert answer.text == "Every employee gets 28 days of annual leave. [1]"
    assert "Switched off, validate_answers" in answer.notices[-1]
    assert make_system(models=[liar]).ask("worker", LEAVE).reason == "not_supported"


def test_a_second_search_adds_to_the_passages(make_system):
    def model(request):
        if not any(p.chunk.document.id == "parking" for p in request.passages):
            return Reply(search="visitors park")
        return Reply(claims=(Claim("Visitors park behind the north gate.", ("parking.v1#1",)),))

    answer = make_system(models=[Scripted(model)]).ask("worker", "lost laptop")
    assert answer.text == "Visitors park behind the north gate. [1]"
    assert answer.states.count("retrieved") == 2


def test_a_document_that_goes_while_the_model_thinks_is_not_cited(make_system):
    system = make_system()

    def model(request):
        system.delete("annual-leave")
        return ExtractiveModel().reply(request)

    system.orchestrator.models = (Scripted(model),)
    answer = system.ask("worker", LEAVE)
    assert answer.reason == "not_supported"
    assert "27" not in answer.as_text(times=False).split("stage")[0]


def test_a_right_that_goes_while_the_model_thinks_counts(make_system):
    system = make_system()

    def model(request):
        system.directory.set_groups("hr-1", ["everyone"])
        return ExtractiveModel().reply(request)

    system.orchestrator.models = (Scripted(model),)
    answer = system.ask("hr-1", "What do band D engineers earn?")
    assert answer.abstained
    assert "49,000" not in answer.as_text()


def test_no_answer_is_an_abstention_with_what_came_closest(system):
    answer = system.ask("worker", "Do elephants get a discount at the ticket gate of the zoo?")
    assert answer.reason == "not_confident"
    assert answer.closest
    assert answer.citations == ()


@pytest.mark.parametrize(
    ("question", "reason"),
    [("zzz qqq", "nothing_found"), ("", "no_question"), ("?! ...", "no_question")],
)
def test_what_cannot_be_answered_says_why(system, question, reason):
    assert system.ask("worker", question).reason == reason


def test_a_question_that_is_no_text_or_too_long_is_refused(system):
    with pytest.raises(ValueError, match="question is a int"):
        system.ask("worker", 7)
    with pytest.raises(ValueError, match="ask in at most 2,000"):
        system.ask("worker", "x" * (MAX_QUESTION_CHARACTERS + 1))


def test_a_lone_surrogate_does_no_harm(system):
    answer = system.ask("worker", LEAVE + " \ud800")
    assert answer.text == RIGHT
    answer.as_text().encode("utf-8")


def test_a_simulated_timeout_costs_its_time_and_its_tokens(make_system):
    models = [Slow(waits=False), ExtractiveModel()]
    limits = Limits(model_timeout_s=2, model_attempts=1)
    answer = make_system(models=models, limits=limits).ask("worker", LEAVE)
    first, second = stages(answer, "model")
    assert first.duration_s == pytest.approx(2)
    assert first.usage.input_tokens == second.usage.input_tokens > 0
    assert answer.degraded


def test_the_deadline_ends_a_request_that_is_tried_again_and_again(make_system):
    limits = Limits(deadline_s=5, model_timeout_s=10, model_attempts=5)
    answer = make_system(models=[Slow(waits=False)] * 3, limits=limits).ask("worker", LEAVE)
    assert answer.reason in ("deadline", "model_failed")
    assert answer.trace.duration_s <= 5.1


def test_a_model_that_hangs_costs_its_timeout_and_no_more(make_system):
    limits = Limits(model_timeout_s=0.2, model_attempts=1)
    models = [Slow(seconds=5), ExtractiveModel()]
    system = make_system(models=models, limits=limits, clock="measured")
    begin = time.monotonic()
    answer = system.ask("worker", LEAVE)
    assert time.monotonic() - begin < 4
    assert answer.text == RIGHT
    assert answer.degraded


def test_calls_that_hang_are_bounded(make_system):
    limits = Limits(model_timeout_s=0.1, model_attempts=1, models_at_once=2)
    system = make_system(models=[Slow(seconds=3)], limits=limits, clock="measured")
    before = threading.active_count()
    for _ in range(5):
        assert system.ask("worker", LEAVE).reason == "model_failed"
    assert threading.active_count() <= before + 2


@pytest.mark.parametrize(
    ("limit", "value"),
    [("max_steps", 2), ("token_budget", 0), ("deadline_s", 0), ("model_attempts", 0)],
)
def test_bad_limits_are_refused(limit, value):
    with pytest.raises(ValueError, match=limit):
        Limits(**{limit: value})


def test_a_system_needs_a_model(make_system):
    with pytest.raises(ValueError, match="models is empty"):
        make_system(models=[])
