"""The repository that a book is built from, as the environment of the build names it.

A fork's book then points to the fork; without a repository there are no buttons.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

BINDER = "https://mybinder.org"


def repository_url(environment: Mapping[str, str]) -> str | None:
    """`BOOK_REPOSITORY_URL`, else the repository in which GitHub Actions runs, else None."""
    url = environment.get("BOOK_REPOSITORY_URL", "")
    if not url and environment.get("GITHUB_REPOSITORY"):
        server = environment.get("GITHUB_SERVER_URL", "https://github.com")
        url = f"{server.rstrip('/')}/{environment['GITHUB_REPOSITORY']}"
    url = re.sub(r"(\.git)?/*$", "", url.strip())
    if not url:
        return None
    if not re.fullmatch(r"https://[\w.-]+/[\w.-]+/[\w.-]+", url):
        raise ValueError(
            f"BOOK_REPOSITORY_URL is {url!r}; it must be https://HOST/OWNER/NAME, or empty for a "
            "book without buttons"
        )
    return url


def theme_options(environment: Mapping[str, str]) -> dict[str, object]:
    """Options of sphinx-book-theme for the launch and source buttons of this build."""
    url = repository_url(environment)
    if url is None:
        return {"launch_buttons": {}, "use_repository_button": False}
    return {
        "repository_url": url,
        # The host of a company's own server does not tell what runs there.
        "repository_provider": "gitlab" if "gitlab" in url.split("/")[2] else "github",
        "repository_branch": environment.get("BOOK_REPOSITORY_BRANCH", "main"),
        "use_repository_button": True,
        "launch_buttons": {"binderhub_url": BINDER, "notebook_interface": "jupyterlab"},
    }
