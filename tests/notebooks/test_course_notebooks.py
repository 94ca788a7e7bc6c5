"""What every notebook of the course has in common; nbval runs them (see the root conftest)."""

from __future__ import annotations

from pathlib import Path

import jupytext
import pytest
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, RunningKernel

ROOT = Path(__file__).resolve().parents[2]
REFERENCES = ROOT / "tests" / "notebooks" / "references"
FOLDERS = ("chapters", "exercises", "solutions")
# What an environment without the package does to an import.
BLOCK_THE_PACKAGE = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "course_utils":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocked())
"""


def notebooks() -> dict[str, jupytext.jupytext.NotebookNode]:
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.md"))]
    read = {path.relative_to(ROOT).as_posix(): jupytext.read(path, fmt="md:myst") for path in paths}
    return {name: nb for name, nb in read.items() if "kernelspec" in nb.metadata}


@pytest.fixture(scope="module")
def kernel_without_the_package():
    kernel = RunningKernel(CURRENT_ENV_KERNEL_NAME, cwd=str(ROOT))
    msg_id = kernel.execute_cell_input(BLOCK_THE_PACKAGE)
    kernel.await_reply(msg_id, timeout=30)
    kernel.await_idle(msg_id, 30)
    yield kernel
    kernel.stop()


def error_of(kernel: RunningKernel, source: str) -> str:
    """The traceback that the reader sees, or nothing."""
    msg_id = kernel.execute_cell_input(source)
    kernel.await_reply(msg_id, timeout=30)
    shown = ""
    while True:
        message = kernel.get_message("iopub", timeout=30)
        if message["parent_header"].get("msg_id") != msg_id:
            continue
        if message["msg_type"] == "error":
            shown = "\n".join(message["content"]["traceback"])
        if message["content"].get("execution_state") == "idle":
            return shown


def test_there_are_notebooks_in_every_folder():
    assert {name.split("/")[0] for name in notebooks()} == set(FOLDERS)


def with_code() -> list[str]:
    """The notebooks that run something; a glossary is prose alone."""
    return [
        name
        for name, notebook in notebooks().items()
        if any(cell.cell_type == "code" for cell in notebook.cells)
    ]


@pytest.mark.parametrize("name", with_code())
def test_kernel_without_the_package_says_what_to_do(kernel_without_the_package, name):
    first = next(cell for cell in notebooks()[name].cells if cell.cell_type == "code")
    shown = error_of(kernel_without_the_package, first.source)
    assert "No module named" in shown, f"{name}: the first code cell must import course_utils"
    for advice in ("make lab", "pip install ."):
        assert advice in shown, (
            f"{name}: the two lines above the first import must say what to do when it fails"
        )


@pytest.mark.parametrize("name", notebooks())
def test_front_matter_names_the_kernel_and_no_version(name):
    metadata = notebooks()[name].metadata
    assert metadata["kernelspec"]["name"] == "python3"
    assert set(metadata["jupytext"]["text_representation"]) == {"extension", "format_name"}, (
        f"{name}: take format_version and jupytext_version out of the front matter"
    )


def test_every_reference_file_has_its_notebook():
    expected = {(REFERENCES / name).with_suffix(".json") for name in notebooks()}
    left_over = sorted(set(REFERENCES.rglob("*.json")) - expected)
    assert not left_over, f"these notebooks are gone, delete their references: {left_over}"
