"""The files around the course: lock, licenses, workflows, Makefile, and what they promise."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

import course_utils

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
CHECKED_BY_SCHEMA = [
    *((path, "vendor.github-workflows") for path in WORKFLOWS),
    # A job that hangs for six hours costs a fork its month of minutes.
    *((path, "custom.github-workflows-require-timeout") for path in WORKFLOWS),
    (ROOT / ".github" / "dependabot.yml", "vendor.dependabot"),
    (ROOT / "CITATION.cff", "vendor.citation-file-format"),
]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def check_schema(path: Path, schema: str) -> subprocess.CompletedProcess[str]:
    """check-jsonschema with a schema that lies in its wheel: no network."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    if path.suffix == ".cff":
        command += ["--force-filetype", "yaml"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("path", "schema"), CHECKED_BY_SCHEMA, ids=lambda value: getattr(value, "name", value)
)
def test_a_file_for_a_service_fits_its_schema(path, schema):
    done = check_schema(path, schema)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_schema_check_refuses_a_broken_workflow(tmp_path):
    broken = tmp_path / "broken.yml"
    broken.write_text("on: push\njobs: {test: {runs-on: ubuntu-latest, stepz: []}}\n")
    assert check_schema(broken, "vendor.github-workflows").returncode == 1


def test_there_is_a_workflow_for_each_promise():
    assert [path.stem for path in WORKFLOWS] == ["book", "test", "weekly"]
    assert ".ci/run" in read(".github/workflows/test.yml")
    assert "actions/deploy-pages" in read(".github/workflows/book.yml")
    assert "schedule:" in read(".github/workflows/weekly.yml")


def test_the_citation_names_the_version_of_the_package():
    version = re.search(r"^version: (.+)$", read("CITATION.cff"), re.M).group(1)
    assert version == course_utils.__version__


def test_the_licenses_are_those_that_pyproject_names():
    project = tomllib.loads(read("pyproject.toml"))["project"]
    assert project["license"] == "BSD-3-Clause AND CC-BY-4.0"
    assert project["license-files"] == ["LICENSE", "LICENSE-TEXT"]
    assert read("LICENSE").startswith("BSD 3-Clause License")
    assert read("LICENSE-TEXT").startswith("Attribution 4.0 International")
    assert "Section 8 -- Interpretation." in read("LICENSE-TEXT")  # whole, not an excerpt


# requirements.lock

LOCK_LINE = re.compile(r"[a-z0-9][a-z0-9-]*==[\w.+!]+( ; [\w .'<>=!()*]+)?")


def test_every_line_of_the_lock_is_a_pinned_version_and_no_address():
    lines = read("requirements.lock").splitlines()
    assert len(lines) > 50
    assert [line for line in lines if not LOCK_LINE.fullmatch(line)] == []


def test_the_lock_holds_every_package_that_pyproject_asks_for():
    project = tomllib.loads(read("pyproject.toml"))["project"]
    extras = project["optional-dependencies"].values()
    asked = [*project["dependencies"], *(line for extra in extras for line in extra)]
    names = {re.match(r"[\w.-]+", line).group().lower().replace("_", "-") for line in asked}
    locked = {line.partition("==")[0] for line in read("requirements.lock").splitlines()}
    own = {project["name"]}  # an extra may ask for the others
    assert names - locked - own == set(), "run `make lock`"


# What may stand in no file of the repository. The strings are put together here, because
# this file is one of those that are searched.

REGISTRIES = [".".join(parts) for parts in (
    ("pypi", "org"), ("pythonhosted", "org"), ("registry", "npmjs", "org"),
    ("registry", "yarnpkg", "com"), ("deb", "debian", "org"), ("conda", "anaconda", "org"),
)]  # fmt: skip
HOMES = ["work", "root", "tmp", "home", "Users"]
MACHINE_PATH = re.compile(r"(?<![\w.~}\])*$-])/(" + "|".join(HOMES) + r")/")
OUTSIDE = "../" + "shared"


def files_of_the_repository() -> list[Path]:
    """Tracked files, and those that the next commit would track."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout, so there is no list of its files")
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def complaints(text: str) -> list[str]:
    """The registry hosts and machine paths that `text` names."""
    found = [host for host in REGISTRIES if host in text]
    found += [match.group() for match in MACHINE_PATH.finditer(text)]
    return found + [OUTSIDE] * (OUTSIDE in text)


def test_no_file_names_a_registry_or_a_path_of_one_machine():
    found = {}
    for path in files_of_the_repository():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        if names := complaints(text):
            found[path.relative_to(ROOT).as_posix()] = names
    assert found == {}


def test_the_search_finds_what_it_searches_for():
    for host in REGISTRIES:
        assert complaints(f"see https://{host}/simple") != []
    for home in HOMES:
        assert complaints(f"open('/{home}/me/file')") != []
    assert complaints(f"{OUTSIDE}/notes.md") == [OUTSIDE]
    assert complaints("_build/work/x, work/lesson.ipynb, {folder}/work/ and a/tmp/b") == []


# What the pages for people promise

LAYOUT = """
README.md Makefile pyproject.toml requirements.lock conftest.py _config.yml _toc.yml intro.md
LICENSE LICENSE-TEXT CITATION.cff CONTRIBUTING.md CHANGELOG.md .ci/run .importlinter
.binder/requirements.txt .binder/postBuild .binder/runtime.txt
chapters/01-interview-basics.md exercises/01-interview-basics.md solutions/01-interview-basics.md
src/course_utils/calculators src/course_utils/catalog src/course_utils/quiz
src/course_utils/practice src/course_utils/views src/course_utils/lab src/course_utils/book
src/course_utils/authoring tests/notebooks tests/book tests/lab
"""
GUIDES = ["README.md", "CONTRIBUTING.md"]
NOT_IN_THE_REPOSITORY = ("_build", "work", ".venv", "node_modules", "lab/tree/")


def test_every_file_and_folder_of_the_layout_exists():
    assert [name for name in LAYOUT.split() if not (ROOT / name).exists()] == []


def code_spans(text: str) -> list[str]:
    """What stands in backticks or in a fenced block, line by line."""
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.M | re.S)
    rest = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    return re.findall(r"`([^`\n]+)`", rest) + [line for b in blocks for line in b.splitlines()]


@pytest.mark.parametrize("guide", GUIDES)
def test_every_path_that_a_guide_names_exists(guide):
    paths = [
        span for span in code_spans(read(guide))
        if re.fullmatch(r"[\w./-]+(/|\.(md|py|toml|lock|yml|css|mjs|csv|json|txt|cff|bib))", span)
        and not span.startswith(NOT_IN_THE_REPOSITORY)
    ]  # fmt: skip
    patterns = [path.replace("NN-topic", "[0-9][0-9]-*") for path in paths]
    assert [pattern for pattern in patterns if not list(ROOT.glob(pattern))] == []
    assert guide == "README.md" or len(paths) > 10


def runs_as_a_command(module: str) -> bool:
    """Whether `python -m module` does something."""
    spec = find_spec(module)
    if spec is None or spec.submodule_search_locations:
        return spec is not None and find_spec(f"{module}.__main__") is not None
    return 'if __name__ == "__main__":' in Path(spec.origin).read_text(encoding="utf-8")


@pytest.mark.parametrize("guide", GUIDES)
def test_every_command_that_a_guide_names_exists(guide):
    text = "\n".join(code_spans(read(guide)))
    targets = set(re.findall(r"\bmake ([a-z]+)", text))
    assert targets - make_targets() == set()
    modules = set(re.findall(r"python -m (course_utils[\w.]*)", text))
    assert [name for name in modules if not runs_as_a_command(name)] == []


@pytest.mark.parametrize("guide", GUIDES)
def test_every_relative_link_of_a_guide_leads_to_a_file(guide):
    links = re.findall(r"\]\((?!https?://|mailto:|#)([^)#\s]+)", read(guide))
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_python_file_opens_with_a_docstring():
    folders = ("src", "tests")
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    without = [
        path.relative_to(ROOT).as_posix()
        for path in files
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert without == []


# Binder and CI

EXECUTABLE = [".ci/run", ".binder/postBuild"]


@pytest.mark.parametrize("name", EXECUTABLE)
def test_a_script_is_executable_bash_that_stops_at_the_first_failure(name):
    assert os.access(ROOT / name, os.X_OK)
    assert read(name).startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in read(name)
    subprocess.run(["bash", "-n", str(ROOT / name)], check=True)


def test_binder_installs_the_lock_and_the_course_on_a_python_that_is_allowed():
    assert "-r ../requirements.lock" in read(".binder/requirements.txt").splitlines()
    assert "--no-deps --no-build-isolation -e ." in read(".binder/postBuild")
    project = tomllib.loads(read("pyproject.toml"))["project"]
    oldest = re.fullmatch(r">=(3\.\d+)", project["requires-python"]).group(1)
    assert read(".binder/runtime.txt") == f"python-{oldest}\n"
    assert f'"{oldest}"' in read(".github/workflows/test.yml")


# Makefile

# pip copies the setting into .venv, so an editable install does not follow its source.
REFRESH_THE_ENVIRONMENT = (
    "requirements.lock",
    "pyproject.toml",
    "src/course_utils/lab/settings/overrides.json",
)
needs_make = pytest.mark.skipif(
    shutil.which("make") is None and "CI" not in os.environ,
    reason="no make on this machine; the README has the plain pip commands",
)


def make_targets() -> set[str]:
    phony = re.search(r"^\.PHONY: (.+)$", read("Makefile"), re.M).group(1)
    return set(phony.split()) - {"browser"}  # a step of `test`, for no one to call


def run_make(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    # A test run by `make test` must not hand that run's flags on.
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


@pytest.fixture
def course(tmp_path):
    """A folder with a Makefile and what it reads; `python(BODY)` makes its .venv from a script."""
    for name in ("Makefile", *REFRESH_THE_ENVIRONMENT):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)

    def python(body: str):
        program = tmp_path / ".venv" / "bin" / "python"
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
        (tmp_path / ".venv" / ".stamp").touch()

    return tmp_path, python


@needs_make
def test_help_is_the_default_and_lists_every_target_in_a_line():
    listed = re.findall(r"^  ([a-z]+) +\S.+$", run_make().stdout, re.M)
    assert set(listed) == make_targets()
    assert len(listed) == len(set(listed))


@needs_make
def test_without_python_make_says_what_to_install(course):
    folder, _ = course
    done = run_make("book", "PYTHON=no-such-python", folder=folder)
    assert done.returncode != 0
    assert "no program no-such-python. Install Python 3.11 or newer" in done.stderr
    assert not (folder / ".venv").exists()


@needs_make
@pytest.mark.parametrize(
    ("refuses", "message"),
    [
        ("sys.version_info", "is Python 3.9.2; the course needs Python 3.11 or newer"),
        ("ensurepip", "has no venv module. On Debian and Ubuntu: apt install python3-venv"),
    ],
)
def test_a_python_that_will_not_do_is_refused_with_a_reason(course, refuses, message):
    folder, _ = course
    program = folder / "old-python"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = -V ] && echo Python 3.9.2\ncase "$2" in *{refuses}*) exit 1;; esac\n'
    )
    program.chmod(0o755)
    done = run_make("book", f"PYTHON={program}", folder=folder)
    assert done.returncode != 0
    assert message in done.stderr


@needs_make
def test_a_step_that_fails_stops_make_and_its_message_stays_visible(course):
    folder, python = course
    python('echo "lesson 01 raises" >&2; exit 3')
    done = run_make("book", folder=folder)
    assert done.returncode != 0
    assert "lesson 01 raises" in done.stderr
    assert '"build the book" failed after' in done.stderr
    assert "exit 3" in done.stderr
    assert "in all" not in done.stdout


@needs_make
def test_a_step_says_what_it_does_and_how_long_it_took_with_the_environment_on_path(course):
    folder, python = course
    python('echo "$@"; echo "PATH starts with ${PATH%%:*}"')
    done = run_make("book", folder=folder)
    assert done.returncode == 0, done.stderr
    assert re.search(r"==> build the book\n-m course_utils\.book\n", done.stdout)
    assert f"PATH starts with {folder}/.venv/bin\n" in done.stdout
    assert re.search(r"build the book: \d+ s\n", done.stdout)
    assert re.search(r"make book: \d+ s in all\n", done.stdout)


@needs_make
def test_the_environment_is_used_again_until_what_it_is_made_from_changes(course):
    folder, python = course
    python("exit 0")
    assert run_make("-q", ".venv/.stamp", folder=folder).returncode == 0
    for name in REFRESH_THE_ENVIRONMENT:
        later = (folder / ".venv" / ".stamp").stat().st_mtime + 10
        os.utime(folder / name, (later, later))
        assert run_make("-q", ".venv/.stamp", folder=folder).returncode == 1
        os.utime(folder / name, (0, 0))


@needs_make
@pytest.mark.slow
def test_a_fresh_clone_sets_itself_up_and_builds_the_book(tmp_path):
    clone = tmp_path / "clone with a space"
    for path in files_of_the_repository():
        target = clone / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    done = run_make("book", f"PYTHON={sys.executable}", folder=clone)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert (clone / "_build" / "html" / "index.html").is_file()
    assert run_make("-q", ".venv/.stamp", folder=clone).returncode == 0

    # What Binder does after it has installed the lock, and what it is then opened for.
    env = {**os.environ, "PATH": f"{clone / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(["./.binder/postBuild"], cwd=clone, env=env, check=True)
    settings = clone / ".venv" / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    assert "Jupytext Notebook" in settings.read_text()

    # `make lab` up to the point where JupyterLab would open.
    lab = [clone / ".venv" / "bin" / "python", "-m", "course_utils.lab", "--no-start"]
    subprocess.run(lab, cwd=clone, check=True)
    assert list((clone / "work").rglob("*.ipynb")) != []


@pytest.mark.parametrize("command", [("check",), ("format", "--check")])
def test_the_code_keeps_the_projects_style(command):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
