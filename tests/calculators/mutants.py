"""Mutation tests of the calculators: changes the code in small ways and asks whether a test fails.

    python tests/calculators/mutants.py [MODULE ...] [--at-least 90] [--survivors]

mutmut makes the mutants of one module at a time, and only tests/calculators/test_MODULE.py
may kill them: a formula is tested where its test file stands. The work is done on a copy in
a temporary folder.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CALCULATORS = Path("src/course_utils/calculators")
TESTS = Path("tests/calculators")

CONFIG = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = ["{source}"]
also_copy = ["conftest.py"]
pytest_add_cli_args = ["--import-mode=importlib", "-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = ["{test}"]
use_git_change_detection = false
use_setproctitle = false
timeout_constant = 1.0
timeout_multiplier = 5.0
"""

# Few examples and always the same ones, so that a run is short and can be repeated.
CONFTEST = """
from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "mutants",
    max_examples=15,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("mutants")
"""

# The exit status of a test run on a mutant, as mutmut notes it. A mutant that hangs is found too.
KILLED = {1, 3, -9, -11, -24, 24, 36, 37, 152, 255}
# Of these, the runs that were ended because they took too long: on a busy machine look whether
# there are more than a few, because a slow run is no failed test.
TIMED_OUT = {-24, 24, 36, 152}
SURVIVED = {0, 5, 33}


@dataclass(frozen=True)
class Outcome:
    """How the mutants of one module fared."""

    module: str
    killed: int
    survivors: dict[str, str]
    duration_s: float
    timed_out: int = 0

    @property
    def mutants(self) -> int:
        return self.killed + len(self.survivors)

    @property
    def killed_percent(self) -> float:
        """100 where there is nothing to mutate."""
        return 100 * self.killed / self.mutants if self.mutants else 100.0


def modules() -> list[str]:
    """The modules that hold a function, by name; mutmut changes nothing else."""
    return sorted(
        path.stem
        for path in (ROOT / CALCULATORS).glob("*.py")
        if any(isinstance(node, ast.FunctionDef) for node in ast.walk(ast.parse(path.read_text())))
    )


def prepare(module: str, folder: Path) -> None:
    """A project that holds the package, the tests of one module, and mutmut's settings."""
    test = TESTS / f"test_{module}.py"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src", folder / "src", ignore=ignore)
    (folder / TESTS).mkdir(parents=True)
    shutil.copy(ROOT / test, folder / test)
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    config = CONFIG.format(source=(CALCULATORS / f"{module}.py").as_posix(), test=test.as_posix())
    (folder / "pyproject.toml").write_text(config, encoding="utf-8")


def mutmut(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # Plugins of other tests would cost seconds for each mutant.
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    environment.pop("PYTHONPATH", None)
    return subprocess.run(
        [sys.executable, "-m", "mutmut", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def judge(module: str, statuses: dict[str, int | None]) -> tuple[list[str], list[str]]:
    """The names of killed mutants and of survivors; an unknown exit status is an error."""
    unknown = Counter(s for s in statuses.values() if s not in KILLED | SURVIVED)
    if unknown:
        raise SystemExit(f"{module}: mutants ended with an unknown status: {dict(unknown)}")
    killed = [name for name, status in statuses.items() if status in KILLED]
    return killed, [name for name, status in statuses.items() if status in SURVIVED]


def run(module: str, children: int) -> Outcome:
    """Make and test all mutants of a module."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(module, folder)
        done = mutmut(folder, "run", "--max-children", str(children))
        meta = folder / "mutants" / CALCULATORS / f"{module}.py.meta"
        statuses = {}
        if meta.exists():
            statuses = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
        if not statuses or None in statuses.values():
            raise SystemExit(f"{module}: mutmut failed\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
        killed, survivors = judge(module, statuses)
        differences = {mutant: mutmut(folder, "show", mutant).stdout for mutant in survivors}
    late = sum(status in TIMED_OUT for status in statuses.values())
    return Outcome(module, len(killed), differences, time.monotonic() - begin, late)


def table(outcomes: list[Outcome]) -> str:
    """A Markdown table with a row for each module and their sum."""
    lines = ["| module | mutants | killed | survived | killed % |", "|---|--:|--:|--:|--:|"]
    total = Outcome(
        "all",
        sum(o.killed for o in outcomes),
        {mutant: text for o in outcomes for mutant, text in o.survivors.items()},
        sum(o.duration_s for o in outcomes),
    )
    for o in [*outcomes, *([total] if len(outcomes) > 1 else [])]:
        lines.append(
            f"| {o.module} | {o.mutants} | {o.killed} | {len(o.survivors)} "
            f"| {o.killed_percent:.1f} |"
        )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="default: every module")
    parser.add_argument("--at-least", type=float, default=90, help="percent, default 90")
    parser.add_argument("--survivors", action="store_true", help="show what was not noticed")
    parser.add_argument("--children", type=int, default=1, help="processes, default 1")
    options = parser.parse_args(arguments)
    unknown = set(options.modules) - set(modules())
    if unknown:
        parser.error(f"no module {', '.join(sorted(unknown))}; there are {', '.join(modules())}")
    chosen = options.modules or modules()
    untested = [name for name in chosen if not (ROOT / TESTS / f"test_{name}.py").exists()]
    if untested:
        parser.error(f"no {TESTS.as_posix()}/test_MODULE.py for {', '.join(untested)}")
    if find_spec("mutmut") is None:
        parser.error("mutmut is not installed: pip install -e '.[mutants]'")
    outcomes = []
    for module in chosen:
        outcomes.append(run(module, options.children))
        latest = outcomes[-1]
        print(
            f"{module}: {latest.killed} of {latest.mutants} killed, "
            f"{latest.timed_out} of them by the clock, {latest.duration_s:.0f} s",
            file=sys.stderr, flush=True,
        )  # fmt: skip
        if options.survivors:
            print("\n".join(latest.survivors.values()))
    print(f"mutmut {version('mutmut')}, Python {sys.version.split()[0]}\n\n{table(outcomes)}")
    weak = [o.module for o in outcomes if o.killed_percent < options.at_least]
    if weak:
        print(f"under {options.at_least:g}%: {', '.join(weak)}", file=sys.stderr)
    return 1 if weak else 0


if __name__ == "__main__":
    sys.exit(main())
