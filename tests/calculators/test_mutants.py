"""The run of mutation tests counts what it should and fails where the tests are weak."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace

import pytest

PATH = Path(__file__).with_name("mutants.py")


@pytest.fixture
def mutants(monkeypatch):
    spec = spec_from_file_location("mutants_of_the_calculators", PATH)
    module = module_from_spec(spec)
    # A dataclass looks its module up.
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "find_spec", lambda name: True)
    monkeypatch.setattr(module, "version", lambda name: "3.8.1")
    return module


def test_the_modules_are_those_with_a_function(mutants):
    found = mutants.modules()
    assert {"money", "memory", "validate", "words"} <= set(found)
    assert not {"decision", "context", "__init__"} & set(found)


def test_a_mutant_that_no_test_reaches_has_survived(mutants):
    statuses = {"failed": 1, "hangs": 36, "crashed": -11, "passed": 0, "untested": 33}
    killed, survivors = mutants.judge("money", statuses)
    assert killed == ["failed", "hangs", "crashed"]
    assert survivors == ["passed", "untested"]


def test_an_unknown_status_is_not_counted_as_killed(mutants):
    with pytest.raises(SystemExit, match="unknown status: {2: 1}"):
        mutants.judge("money", {"a": 1, "b": 2})


def outcome(mutants, module, killed, survived):
    return mutants.Outcome(module, killed, {f"{module}{n}": "- a" for n in range(survived)}, 1.0)


@pytest.mark.parametrize(
    ("survived", "at_least", "status"), [(10, 90, 0), (11, 90, 1), (11, 80, 0)]
)
def test_the_exit_status_says_whether_enough_were_killed(
    mutants, monkeypatch, capsys, survived, at_least, status
):
    def run(module, children):
        assert children == 1
        return outcome(mutants, module, 100 - survived, survived)

    monkeypatch.setattr(mutants, "run", run)
    assert mutants.main(["money", "--at-least", str(at_least)]) == status
    out, error = capsys.readouterr()
    assert f"| money | 100 | {100 - survived} | {survived} | {100 - survived}.0 |" in out
    assert (f"under {at_least}%: money" in error) == bool(status)


def test_one_weak_module_is_not_hidden_by_a_strong_one(mutants, monkeypatch, capsys):
    monkeypatch.setattr(
        mutants,
        "run",
        lambda module, children: outcome(
            mutants, module, *((999, 1) if module == "money" else (8, 2))
        ),
    )
    assert mutants.main(["money", "words"]) == 1
    out, error = capsys.readouterr()
    assert "| all | 1010 | 1007 | 3 | 99.7 |" in out
    assert "under 90%: words" in error


def test_survivors_are_shown_on_request(mutants, monkeypatch, capsys):
    monkeypatch.setattr(mutants, "run", lambda module, _: outcome(mutants, module, 99, 1))
    mutants.main(["money", "--survivors"])
    assert "- a\n" in capsys.readouterr().out


def test_runs_that_the_clock_ended_are_killed_and_told_apart(mutants, monkeypatch, capsys):
    def mutmut(folder, *_):
        meta = folder / "mutants" / mutants.CALCULATORS / "money.py.meta"
        meta.parent.mkdir(parents=True, exist_ok=True)
        meta.write_text('{"exit_code_by_key": {"failed": 1, "slow": -24, "passed": 0}}')
        return SimpleNamespace(stdout="- a", stderr="")

    monkeypatch.setattr(mutants, "mutmut", mutmut)
    mutants.main(["money"])
    assert "money: 2 of 3 killed, 1 of them by the clock" in capsys.readouterr().err


def test_an_unknown_module_is_named(mutants, capsys):
    with pytest.raises(SystemExit):
        mutants.main(["monee"])
    assert "no module monee; there are " in capsys.readouterr().err


def test_a_module_without_tests_of_its_own_is_named(mutants, monkeypatch, capsys):
    monkeypatch.setattr(mutants, "TESTS", Path("tests") / "nowhere")
    with pytest.raises(SystemExit):
        mutants.main(["money"])
    assert "no tests/nowhere/test_MODULE.py for money" in capsys.readouterr().err


def test_without_mutmut_it_says_how_to_get_it(mutants, monkeypatch, capsys):
    monkeypatch.setattr(mutants, "find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        mutants.main(["money"])
    assert "pip install -e '.[mutants]'" in capsys.readouterr().err
