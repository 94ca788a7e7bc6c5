"""Answers that are kept, and for whom."""

from __future__ import annotations

import threading

import pytest

from course_utils.docqa.cache import AnswerCache, CacheKey
from course_utils.docqa.misbehaving import Failing

LEAVE = "How many days of annual leave does an employee get?"
KEY = CacheKey.of("What?", "all", "m")


def test_the_same_question_in_other_spacing_is_the_same():
    assert CacheKey.of(" WHAT \n is it?", "f", "m") == CacheKey.of("what is it?", "f", "m")
    assert CacheKey.of("what", "f", "m") != CacheKey.of("what", "g", "m")
    assert CacheKey.of("what", "f", "m") != CacheKey.of("what", "f", "n")


def test_the_least_recently_used_goes_first():
    cache = AnswerCache(2)
    a, b, c = (CacheKey.of(name, "", "") for name in "abc")
    cache.put(a, "A", (), cache.epoch)
    cache.put(b, "B", (), cache.epoch)
    assert cache.get(a) == "A"
    cache.put(c, "C", (), cache.epoch)
    assert (cache.get(a), cache.get(b), cache.get(c)) == ("A", None, "C")


def test_an_answer_goes_with_any_document_it_was_chosen_among():
    cache = AnswerCache(10)
    cache.put(KEY, "answer", ("a.v1", "b.v1"), cache.epoch)
    cache.forget(["c.v1"])
    assert cache.get(KEY) == "answer"
    cache.forget(["b.v1"])
    assert cache.get(KEY) is None


def test_an_answer_that_was_begun_before_a_deletion_is_not_kept():
    cache = AnswerCache(10)
    epoch = cache.epoch
    cache.forget(["a.v1"])
    cache.put(KEY, "answer", ("a.v1",), epoch)
    assert len(cache) == 0


def test_a_second_question_is_answered_from_the_cache_without_the_model(system):
    first, second = (system.ask("worker", LEAVE) for _ in range(2))
    assert (first.cached, second.cached) == (False, True)
    assert first.text == second.text
    assert first.citations == second.citations
    assert second.trace.root.find("model") == []
    assert second.trace.total.usd == 0


def test_readers_of_the_same_documents_share_an_answer_and_others_do_not(make_system):
    system = make_system(users={"a": ["everyone"], "b": ["everyone", "x"], "c": ["hr", "everyone"]})
    system.ask("a", LEAVE)
    assert system.ask("b", LEAVE).cached
    assert not system.ask("c", LEAVE).cached


def test_a_hit_is_in_the_audit_log(system):
    system.ask("worker", LEAVE)
    answer = system.ask("worker", LEAVE)
    given = [e for e in system.audit.entries(answer.request) if e.action == "give"]
    assert given[0].documents == ("annual-leave.v2",)


def test_a_degraded_answer_is_not_kept(make_system):
    from course_utils.docqa.extractive import ExtractiveModel

    system = make_system(models=[Failing(), ExtractiveModel()])
    assert system.ask("worker", LEAVE).degraded
    assert not system.ask("worker", LEAVE).cached


def test_a_cache_of_no_entries_keeps_none(make_system):
    system = make_system(cached_answers=0)
    system.ask("worker", LEAVE)
    assert not system.ask("worker", LEAVE).cached


@pytest.mark.parametrize("entries", [-1, 1.5, "many"])
def test_a_bad_size_is_refused(entries):
    with pytest.raises(ValueError, match="entries_kept"):
        AnswerCache(entries)


def test_many_threads_may_use_it():
    cache = AnswerCache(50)

    def work(n):
        for i in range(200):
            key = CacheKey.of(f"{i % 70}", str(n % 2), "")
            cache.put(key, (i % 70, n % 2), (f"d{i % 7}",), cache.epoch)
            got = cache.get(key)
            assert got is None or got == (i % 70, n % 2)
            if i % 50 == 0:
                cache.forget([f"d{n}"])

    failures = []

    def guarded(n):
        try:
            work(n)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(cache) <= 50
