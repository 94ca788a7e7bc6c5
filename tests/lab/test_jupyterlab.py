"""The lesson in a real JupyterLab: opens as a notebook, runs, and answers to slider and quiz."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import jupytext
import nbformat
import pytest
from playwright.sync_api import TimeoutError, expect

from course_utils.authoring.prose import eval_expressions
from course_utils.lab.practice import AT_A_TIME
from course_utils.lab.workspace import update_workspace
from course_utils.quiz import load_bank
from course_utils.views import get_view

ROOT = Path(__file__).resolve().parents[2]
OVERRIDES = ROOT / "src" / "course_utils" / "lab" / "settings" / "overrides.json"
LESSON = "chapters/01-interview-basics.md"
PROGRESS = "progress.jsonl"
START_LIMIT_S = 180
OPEN_LIMIT_MS = 180_000
RUN_LIMIT_MS = 300_000

# The notebook in front; JupyterLab may keep others in hidden tabs.
PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)"
# Where the code is folded away, what stands in its place never has a number.
CELL_PROMPTS = ".jp-CodeCell .jp-InputPrompt:not(.jp-Placeholder-prompt)"
# The prompts of the code cells, when they are others than before and none is running or
# waiting any more; else null.
PROMPTS_AT_REST = f"""before => {{
  const panel = document.querySelector('{PANEL}');
  const prompts = [...(panel?.querySelectorAll('{CELL_PROMPTS}') ?? [])];
  const texts = prompts.map(prompt => prompt.textContent.trim());
  const status = panel?.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status;
  const numbered = texts.some(text => /\\[\\d+\\]/.test(text));
  const changed = JSON.stringify(texts) !== JSON.stringify(before);
  const resting = status === 'idle' && !texts.some(text => text.includes('*'));
  return resting && numbered && changed ? texts : null;
}}"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/api/status")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def start_jupyterlab(folder: Path, private: Path, log: Path) -> tuple[subprocess.Popen, int]:
    """A JupyterLab of this environment on `folder`, with no settings of whoever runs the test."""
    port = free_port()
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(private / "config"),
        "JUPYTER_DATA_DIR": str(private / "data"),
        "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(private / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(private / "workspaces"),
        "IPYTHONDIR": str(private / "ipython"),
        "COURSE_PROGRESS": str(private / PROGRESS),
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--port={port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1"]
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    command += ["--LabApp.extension_manager=readonly"]
    with log.open("w") as output:
        server = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    limit = time.monotonic() + START_LIMIT_S
    while server.poll() is None and time.monotonic() < limit:
        if answers(port):
            return server, port
        time.sleep(0.3)  # between two questions to a process that cannot tell when it is up
    stop(server)
    pytest.fail(f"JupyterLab did not start within {START_LIMIT_S} s:\n{log.read_text()}")


def stop(server: subprocess.Popen) -> None:
    """End the server and its kernels, which are its process group."""
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


class Lab:
    """One browser page on a JupyterLab server, and what it asked for."""

    def __init__(self, page, base_url: str):
        self.page = page
        self.base_url = base_url
        self.outside: list[str] = []
        page.on("request", self._note)

    def _note(self, request):
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != "127.0.0.1":
            self.outside.append(request.url)

    @property
    def panel(self):
        return self.page.locator(PANEL)

    def open(self, path: str):
        """Open a document by its URL, as a link in Binder does, and wait for its kernel."""
        self.page.goto(f"{self.base_url}lab/tree/{path}?reset")
        expect(self.panel.locator(".jp-Notebook")).to_be_visible(timeout=OPEN_LIMIT_MS)
        status = self.page.locator("#jp-main-statusbar")
        expect(status).to_contain_text("| Idle", timeout=OPEN_LIMIT_MS)

    def run_all(self) -> list[str]:
        """Run all cells by the menu; the prompts of those that did not run."""
        before = [text.strip() for text in self.panel.locator(CELL_PROMPTS).all_text_contents()]
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        ran = self.page.wait_for_function(PROMPTS_AT_REST, arg=before, timeout=RUN_LIMIT_MS)
        prompts = ran.json_value()
        return [prompt for prompt in prompts if not re.fullmatch(r"\[\d+\]:", prompt)]

    @property
    def errors(self):
        """The outputs that are errors; JupyterLab writes their text some frames later."""
        kinds = ("application/vnd.jupyter.error", "application/vnd.jupyter.stderr")
        selector = ", ".join(f'.jp-OutputArea [data-mime-type="{kind}"]' for kind in kinds)
        return self.panel.locator(selector)

    def error_outputs(self) -> list[str]:
        return self.errors.all_inner_texts()

    def screenshot(self, name: str):
        folder = os.environ.get("SCREENSHOT_DIR")
        if folder:
            self.page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A JupyterLab on a copy of the course, with the student's folder; its URL and log."""
    base = tmp_path_factory.mktemp("jupyterlab")
    course = base / "course"
    for name in ("chapters", "exercises"):
        shutil.copytree(ROOT / name, course / name)
    update_workspace(course, course / "work")
    write_all_kinds_lesson(course / "chapters")
    log = base / "server.log"
    process, port = start_jupyterlab(course, base / "private", log)
    yield f"http://127.0.0.1:{port}/", log
    stop(process)


# A lesson with a question of each kind, and its section far above its quiz.
ALL_KINDS_LESSON = """
from pathlib import Path

from course_utils import show
from course_utils.quiz import parse_bank

show(parse_bank(Path("all-kinds.toml").read_text("utf-8"), "all-kinds.toml"))
"""
SECTION = "## The kinds\n\n" + "One more paragraph of the lesson.\n\n" * 40


def write_all_kinds_lesson(folder: Path) -> None:
    """The notebook `all-kinds` beside its bank."""
    shutil.copy(ROOT / "tests" / "quiz" / "all-kinds.toml", folder)
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell(SECTION),
            nbformat.v4.new_code_cell(ALL_KINDS_LESSON.strip()),
        ],
        metadata={"kernelspec": {"display_name": "Python 3", "name": "python3"}},
    )
    nbformat.write(notebook, folder / "all-kinds.ipynb")


@pytest.fixture
def lab(page, server):
    url, log = server
    yield Lab(page, url)
    # pytest shows this with a failed test only.
    print(f"the server's log:\n{log.read_text()[-6000:]}")


def test_the_settings_of_this_environment_are_those_of_the_package():
    installed = Path(sys.prefix) / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    assert installed.is_file(), "not installed: run `pip install -e .` in the course folder"
    assert json.loads(installed.read_text()) == json.loads(OVERRIDES.read_text()), (
        "an old version is installed: run `pip install -e .` in the course folder"
    )


def test_every_setting_is_one_that_jupyterlab_knows():
    schemas = Path(sys.prefix) / "share" / "jupyter" / "lab" / "schemas"
    for plugin, settings in json.loads(OVERRIDES.read_text()).items():
        extension, name = plugin.split(":")
        schema = json.loads((schemas / extension / f"{name}.json").read_text())
        assert set(settings) <= set(schema["properties"]), plugin


def test_the_wheel_brings_the_settings(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=600)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [
            n
            for n in archive.namelist()
            if n.endswith("lab/settings/overrides.json") and ".data/" in n
        ]
        assert re.fullmatch(r".*\.data/data/share/jupyter/lab/settings/overrides\.json", name)
        assert archive.read(name) == OVERRIDES.read_bytes()


def test_lesson_opens_as_a_notebook_runs_and_answers(lab):
    lab.open(LESSON)
    lab.screenshot("jupyterlab-opened")
    did_not_run = lab.run_all()
    assert lab.error_outputs() == []
    assert did_not_run == []

    card = lab.panel.locator(".cu-card:has(.cu-sentence)").first
    sentence = card.locator(".cu-sentence")
    before = sentence.inner_text()
    handle = card.locator(".noUi-handle").first
    handle.focus()
    handle.press("ArrowRight")
    expect(sentence).not_to_have_text(before)
    lab.screenshot("jupyterlab-calculator")

    # By keyboard alone, and what opens can be worked.
    table = card.locator(".cu-table")
    expect(table).to_be_hidden()
    card.get_by_role("button", name="Table").press("Enter")
    expect(table).to_be_visible()
    more = card.get_by_role("button", name="More settings")
    knobs = card.locator(".cu-knob-label:visible")
    primary = sum(knob.primary for knob in get_view("context-cost").knobs)
    expect(knobs).to_have_count(primary)
    more.press(" ")
    expect(knobs.nth(primary)).to_be_visible()
    more.press("Enter")
    expect(knobs).to_have_count(primary)

    question = lab.panel.locator(
        ".cu-quiz-quiz .cu-quiz-item:has(.widget-radio-box-vertical)"
    ).first
    score = lab.panel.locator(".cu-quiz-score")
    expect(score).to_contain_text("0 answered")
    question.locator("input[type=radio], input[type=checkbox]").first.check()
    question.get_by_role("button", name="Check", exact=True).click()
    feedback = question.locator(".cu-quiz-feedback")
    expect(feedback.locator(".cu-quiz-verdict")).not_to_be_empty()
    expect(score).to_contain_text("1 answered")
    lab.screenshot("jupyterlab-quiz")

    # On a narrow page without its side bar what is too wide goes below, and is not cut off.
    lab.page.set_viewport_size({"width": 390, "height": 850})
    lab.page.keyboard.press("Control+b")
    expect(lab.page.locator("#jp-left-stack")).to_be_hidden()
    rows = lab.panel.locator(".cu-card:has(.cu-sentence) .widget-hbox:has(.cu-unit):visible")
    expect(rows.first).to_be_visible()
    with suppress(TimeoutError):  # the panels get their new sizes one after the other
        lab.page.wait_for_function(f"rows => !({CUT_OFF})(rows).length", arg=rows.element_handles())
    assert rows.evaluate_all(CUT_OFF) == []
    lab.screenshot("jupyterlab-narrow")

    assert lab.outside == []


# The words of what is wider than its place.
CUT_OFF = "rows => rows.filter(row => row.scrollWidth > row.clientWidth).map(row => row.innerText)"
LESSONS = sorted(
    path.name
    for path in (ROOT / "chapters").glob("*.md")
    if "{code-cell}" in path.read_text("utf-8")
)


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS)
def test_every_lesson_run_at_once_shows_values_in_its_text(lab, lesson):
    """Run right after opening: cells that JupyterLab had put off would keep their code."""
    cells = jupytext.read(ROOT / "chapters" / lesson, fmt="md:myst").cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    expressions = [found for text in texts for found in eval_expressions(text)]
    lab.open(f"chapters/{lesson}")
    did_not_run = lab.run_all()
    assert lab.error_outputs() == []
    assert did_not_run == []
    for expression in expressions:
        code = lab.panel.locator(".jp-MarkdownCell code").filter(has_text=expression)
        expect(code).to_have_count(0)
    assert lab.outside == []


def test_an_exercise_runs_past_the_unanswered_checks(lab):
    lab.open("work/exercises/01-interview-basics.ipynb")
    did_not_run = lab.run_all()
    cells = jupytext.read(ROOT / "exercises/01-interview-basics.md", fmt="md:myst").cells
    checks = [cell for cell in cells if "raises-exception" in cell.metadata.get("tags", [])]
    assert checks
    expect(lab.errors).to_have_count(len(checks))
    for error in lab.errors.all():
        expect(error).to_contain_text("Write your answer here")
    assert did_not_run == []
    lab.screenshot("jupyterlab-exercise")
    assert lab.outside == []


def commit(item, button: str = "Check") -> None:
    """Say how sure one is, check, and wait for the verdict."""
    item.get_by_label("80%").check()
    item.get_by_role("button", name=button, exact=True).click()
    expect(item.locator(".cu-quiz-verdict")).to_be_visible()


def test_a_question_of_each_kind_is_answered_kept_saved_and_shown_again(lab, server):
    progress = server[1].parent / "private" / PROGRESS

    def kept() -> list[dict]:
        lines = progress.read_text("utf-8").splitlines()[1:] if progress.exists() else []
        return [each for each in map(json.loads, lines) if each["bank"] == "all-kinds"]

    lab.open("chapters/all-kinds.ipynb")
    assert lab.run_all() == []
    assert lab.error_outputs() == []
    assert kept() == []

    quiz = lab.panel.locator(".cu-quiz")
    expect(quiz.locator(".cu-quiz-item")).to_have_count(6)
    single, multiple, number, order, guess, _ = quiz.locator(".cu-quiz-item").all()
    single.get_by_label("Behind the model").check()
    commit(single)
    for text in ("The price of a request", "The wait for a first word"):
        multiple.get_by_label(text).check()
    commit(multiple)
    number.get_by_role("textbox").fill("10.5 GB")
    commit(number)

    # The order by keyboard alone: the focus goes with the step.
    steps = ["Rights are looked up", "Passages are fetched", "The model answers"]
    for place, step in enumerate(steps):
        rows = order.locator(".cu-quiz-row")
        expect(rows.filter(has_text=step)).to_have_count(1)
        at = next(n for n, row in enumerate(rows.all_inner_texts(), start=1) if step in row)
        if at > place + 1:
            order.get_by_role("button", name=f"Move up: {step}").focus()
        for target in range(at - 1, place, -1):
            lab.page.keyboard.press("Enter")
            said = f"{step} is now step {target} of 4."
            expect(order.locator(".cu-quiz-moved")).to_have_text(said)
            expect(rows.nth(target - 1)).to_contain_text(step)
            way = "up" if target > 1 else "down"
            expect(order.get_by_role("button", name=f"Move {way}: {step}")).to_be_focused()
    commit(order)
    guess.get_by_role("textbox").fill("58 <b>")
    guess.get_by_label("80%").check()
    guess.get_by_role("button", name="Commit and reveal").click()
    expect(guess.locator(".cu-quiz-note")).to_contain_text("<b>")
    guess.get_by_role("textbox").fill("58")
    commit(guess, "Commit and reveal")

    # An answer is kept before the score counts it.
    expect(quiz.locator(".cu-quiz-score")).to_have_text("4 of 6 right, 5 answered")
    verdicts = quiz.locator(".cu-quiz-verdict").all_inner_texts()
    assert [verdict.split()[0] for verdict in verdicts] == ["✗", "✓", "✓", "✓", "✓"]
    assert [each["correct"] for each in kept()] == [False, True, True, True, True]
    assert {each["confidence"] for each in kept()} == {0.8}

    quiz.get_by_role("button", name="Your record").press("Enter")
    expect(quiz.locator(".cu-quiz-calibration")).to_be_visible()
    with lab.page.expect_download() as download:
        quiz.get_by_role("link", name="Save as a file").click()
    assert Path(download.value.path()).read_bytes() == progress.read_bytes()
    lab.screenshot("jupyterlab-all-kinds")

    heading = lab.panel.locator("h2#the-kinds")
    expect(heading).not_to_be_in_viewport()
    single.get_by_role("link", name="The kinds").click()
    expect(heading).to_be_in_viewport()

    progress.write_text(progress.read_text("utf-8") + "damaged\n", "utf-8")
    lab.run_all()
    expect(quiz.locator(".cu-quiz-score")).to_have_text("4 of 6 right, 5 answered")
    expect(quiz.locator(".cu-quiz-note")).to_contain_text("this is not JSON")
    assert lab.outside == []


def test_practice_filters_and_leads_to_the_notebook_of_a_lesson(lab):
    lab.open("work/chapters/practice.ipynb")
    assert lab.run_all() == []
    assert lab.error_outputs() == []
    practice = lab.panel.locator(".cu-quiz-practice")
    practice.get_by_label("Lesson").select_option("AI system design interview basics")
    practice.get_by_label("Difficulty").select_option("apply")
    fitting = sum(item.difficulty == 2 for item in load_bank("01-interview-basics").items)
    shown = f"{min(fitting, AT_A_TIME)} of {fitting} questions."
    expect(practice.locator(".cu-quiz-score")).to_have_text(shown)
    questions = practice.locator(".cu-quiz-item")
    expect(questions).to_have_count(min(fitting, AT_A_TIME))
    expect(questions.last.get_by_role("button", name="Check", exact=True)).to_be_visible()
    for item in questions.filter(has=lab.page.locator(".widget-radio-box-vertical")).all():
        item.locator("input[type=radio]").first.check()
        item.get_by_role("button", name="Check", exact=True).click()
        verdict = item.locator(".cu-quiz-verdict")
        expect(verdict).to_have_text(re.compile("[✓✗]"))
        if "✗" in verdict.inner_text():
            break
    item.locator(".cu-quiz-again a").click()
    expect(lab.page).to_have_url(re.compile("work/chapters/01-interview-basics.ipynb"))
    assert lab.outside == []
