"""The system as a whole, on the small company and on the handbook."""

from __future__ import annotations

import dataclasses
import doctest
import gc
import subprocess
import sys

import pytest

from course_utils.docqa import switches as switches_module
from course_utils.docqa import system as system_module
from course_utils.docqa.policy import AccessError
from course_utils.docqa.switches import Switches, switch_names
from course_utils.docqa.system import System

LEAVE = "How many days of annual leave does an employee get?"
BAND = "What do band D engineers earn a year?"


@pytest.fixture(scope="module")
def handbook():
    return System.default()


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(system_module).failed == 0
    assert doctest.testmod(switches_module).failed == 0


def test_importing_the_package_stays_light():
    code = (
        "import sys, course_utils.docqa\n"
        "heavy = 'numpy', 'sklearn', 'bm25s', 'fastapi', 'openai', 'pydantic'\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_same_question_prints_the_same_twice():
    one, other = (System.default().ask("intern-1", "What does PT-270 mean?") for _ in range(2))
    assert one.as_text() == other.as_text()
    assert one.as_dict() == other.as_dict()


def test_every_user_of_the_handbook_gets_an_answer_to_what_all_may_read(handbook):
    for user in handbook.directory.users():
        answer = handbook.ask(user, "What does PT-270 mean?")
        assert "90 seconds" in answer.text
        assert answer.citations[0].document == "pinetag-error-codes"


def test_who_may_not_read_gets_the_same_words_as_if_there_were_nothing(make_system, company):
    without = [d for d in company if d.id != "salary-bands"]
    answers = [make_system(documents).ask("worker", BAND) for documents in (company, without)]
    assert answers[0].as_text() == answers[1].as_text()
    assert "49,000" in make_system().ask("hr-1", BAND).text


def test_an_unknown_user_and_an_unknown_token_are_refused(system):
    with pytest.raises(AccessError, match="no such user"):
        system.ask("nobody", LEAVE)
    with pytest.raises(AccessError, match="unknown"):
        system.ask_with_token("nonsense", LEAVE)


def test_a_token_asks_as_its_user(system):
    answer = system.ask_with_token(system.tokens.issue("hr-1"), BAND)
    assert answer.user == "hr-1"
    assert "49,000" in answer.text


def test_a_right_that_is_taken_holds_at_once_in_spite_of_the_cache(system):
    assert "49,000" in system.ask("hr-1", BAND).text
    assert system.ask("hr-1", BAND).cached
    system.directory.set_groups("hr-1", ["everyone"])
    answer = system.ask("hr-1", BAND)
    assert not answer.cached
    assert "49,000" not in answer.as_text()


def test_a_new_version_holds_at_once(system, make_document):
    assert "27 days" in system.ask("worker", LEAVE).text
    old = system.library.snapshot()["annual-leave.v2"]
    system.put(dataclasses.replace(old, superseded=True))
    system.put(
        make_document("annual-leave", "Every employee gets 30 days of annual leave.", version=3)
    )
    answer = system.ask("worker", LEAVE)
    assert answer.text == "Every employee gets 30 days of annual leave. [1]"
    said = " ".join(answer.notices)
    assert "27 days" in said
    assert "25 days" in said


def test_a_replaced_text_is_found_under_its_new_words_only(system):
    system.ask("worker", "Where do visitors park?")
    old = system.library.snapshot()["parking.v1"]
    system.put(dataclasses.replace(old, text="Visitors leave their cars at the zeppelin hangar."))
    assert "zeppelin hangar" in system.ask("worker", "Where do visitors leave their cars?").text
    assert "north gate" not in system.ask("worker", "Where is the north gate?").as_text()


def test_what_is_put_back_after_a_deletion_is_kept_again(system, company):
    system.delete("parking")
    system.put(next(d for d in company if d.id == "parking"))
    assert "north gate" in system.ask("worker", "Where do visitors park?").text
    index = system.retriever.index(system.library.snapshot().values())
    assert system.retriever.index(system.library.snapshot().values()) is index


def strings(root):
    """Every string that can be reached from an object."""
    seen, todo, found = set(), [root], []
    while todo:
        thing = todo.pop()
        if isinstance(thing, str):
            found.append(thing)
        elif id(thing) not in seen and not isinstance(thing, type(gc) | type):
            seen.add(id(thing))
            if not callable(thing) or hasattr(thing, "__dict__") or hasattr(thing, "__closure__"):
                todo += [r for r in gc.get_referents(thing) if not isinstance(r, type(sys))]
    return found


def test_after_a_deletion_no_part_of_the_system_holds_the_text(make_system, make_document):
    from course_utils.docqa import text as reading

    secret = make_document("plan", "The quokka merger happens on Friday.", readers=("hr",))
    system = make_system([*make_system().library.snapshot().values(), secret])
    question = "When does the merger happen?"
    assert "quokka" in system.ask("hr-1", question).text
    assert any("quokka" in text for text in strings(vars(system)))
    system.delete("plan")
    del secret
    assert not any("quokka" in text for text in strings(vars(system)))
    assert reading.stem.cache_info().currsize == 0
    assert "quokka" not in system.ask("hr-1", question).as_text()


def test_a_system_with_a_guarantee_off_says_so_in_every_answer(make_system):
    for name in switch_names():
        system = make_system(switches=Switches.without(name))
        for user, question in [("worker", LEAVE), ("worker", "zzz"), ("worker", LEAVE)]:
            assert any(name in note for note in system.ask(user, question).notices)
    assert make_system().ask("worker", LEAVE).notices[0].startswith("Version 1")


def test_an_unknown_switch_is_refused():
    with pytest.raises(ValueError, match="'everything' is no switch"):
        Switches.without("everything")
    with pytest.raises(ValueError, match="cap_steps = 1"):
        Switches(cap_steps=1)


def test_without_rights_in_the_key_a_cached_answer_leaks(make_system):
    system = make_system(switches=Switches.without("cache_key_has_permissions"))
    assert "49,000" in system.ask("hr-1", BAND).text
    leaked = system.ask("worker", BAND)
    assert leaked.cached
    assert "49,000" in leaked.text


def test_a_filter_after_the_search_starves_who_may_read_little(make_system, make_document):
    hidden = [
        make_document(f"h{i}", f"Visitors park visitors park place {i}.", readers=("x",))
        for i in range(9)
    ]
    question = "Where do visitors park?"
    documents = [*make_system().library.snapshot().values(), *hidden]
    inside = make_system(documents).ask("worker", question)
    after = make_system(documents, switches=Switches.without("filter_inside_retrieval")).ask(
        "worker", question
    )
    assert "north gate" in inside.text
    assert after.reason == "nothing_found"
