"""`python -m course_utils.catalog` says which prices are old or have changed."""

from __future__ import annotations

import dataclasses
import datetime
import os
import subprocess
import sys
from pathlib import Path

import pytest

from course_utils import catalog
from course_utils.catalog import __main__ as command

SOURCE = Path(__file__).resolve().parents[2] / "src"
LUNA = catalog.price("gpt-6-luna")
DAY = datetime.date.fromisoformat(LUNA.as_of)
VENDOR_PRICES = [price for price in catalog.prices().values() if not price.illustration]


def later(days: int) -> str:
    return (DAY + datetime.timedelta(days=days)).isoformat()


@pytest.mark.parametrize(("days", "status"), [(0, 0), (365, 0), (366, 1), (4000, 1)])
def test_the_exit_status_says_whether_a_price_is_older_than_a_year(days, status, capsys):
    assert command.main(["--as-of", later(days)]) == status
    out, error = capsys.readouterr()
    assert out.count("older than 365 days") == (len(VENDOR_PRICES) if status else 0)
    assert ("prices.csv" in error) == bool(status)
    for price in VENDOR_PRICES:
        assert f"{price.id} " in out
    assert "model-s" not in out  # a round figure is nobody's price


def test_the_age_may_be_chosen(capsys):
    assert command.main(["--as-of", later(31), "--max-age-days", "30"]) == 1
    assert "31 days  older than 30 days" in capsys.readouterr().out
    assert command.main(["--as-of", later(30), "--max-age-days", "30"]) == 0


def test_one_old_price_is_enough():
    old = dataclasses.replace(LUNA, as_of="2024-01-01")
    lines, stale = command.report([old, LUNA], DAY, 365)
    assert stale
    assert sum("older than" in line for line in lines) == 1


def test_the_snapshot_has_the_prices_of_the_package_on_its_day():
    for price in VENDOR_PRICES:
        assert command.changes(price, datetime.date.fromisoformat(price.as_of)) == []


def test_a_changed_price_is_reported_and_does_not_fail(capsys):
    # The introductory price ends with the year 2026.
    assert command.main(["--as-of", "2027-01-01"]) == 0
    assert "    input_usd_per_mtok 0.75 is now 1.5\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"output_usd_per_mtok": 9.0}, "output_usd_per_mtok 9.0 is now 0.5"),
        ({"batch_discount": None}, "batch_discount None is now 0.5"),
        ({"context_window_tokens": 1000}, "context_window_tokens 1000 is now 1050000"),
        ({"tiers": ()}, "the prices of longer contexts changed"),
        (
            {"source": "genai-prices 0.2.3, openai/gpt-6-lune"},
            "no price 'openai/gpt-6-lune' in genai-prices",
        ),
    ],
)
def test_every_figure_is_compared(change, said):
    (line,) = command.changes(dataclasses.replace(LUNA, **change), DAY)
    assert line.startswith(said)


def test_a_price_of_another_source_is_not_compared():
    price = dataclasses.replace(LUNA, source="the vendor's price list", output_usd_per_mtok=9.0)
    assert command.changes(price, DAY) == []


def test_a_missing_package_is_said(monkeypatch):
    def missing(*_, **__):
        raise ModuleNotFoundError

    monkeypatch.setattr(command, "vendor_price", missing)
    assert command.changes(LUNA, DAY) == ["not compared, because genai-prices is not installed"]


def test_it_runs_as_a_command():
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    done = subprocess.run(
        [sys.executable, "-m", "course_utils.catalog", "--as-of", later(500)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "500 days  older than 365 days" in done.stdout


def test_a_bad_date_is_refused(capsys):
    with pytest.raises(SystemExit):
        command.main(["--as-of", "soon"])
    assert "soon" in capsys.readouterr().err
