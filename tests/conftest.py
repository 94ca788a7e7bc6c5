"""Fixtures for tests that look at the product in a real browser."""

from __future__ import annotations

import contextlib
import functools
import http.server
import mimetypes
import os
import shutil
import threading
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes depends on what else the machine does; CI has the same rule.
settings.register_profile("course", settings(), deadline=None)
settings.load_profile("course")

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "_build" / "html"

WAIT_MS = 30_000

# No host but this machine resolves: a request that leaves it fails at once.
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() in ("1", "true")


def system_chromium() -> str | None:
    """The Chromium to use: `CHROME_PATH`, else the system's, else None (Playwright's own)."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("CHROME_PATH") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium that can reach this machine alone."""
    from playwright.sync_api import Error, expect, sync_playwright

    expect.set_options(timeout=WAIT_MS)  # a busy machine, not a wrong page, is what takes long
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=system_chromium(), args=CHROMIUM_ARGS, timeout=4 * WAIT_MS
            )
        except Error as error:
            message = (
                "no Chromium for the browser tests: install the system package `chromium`, or run "
                f"`playwright install chromium`, or set CHROME_PATH ({str(error).splitlines()[0]})"
            )
            if in_ci():
                pytest.fail(message)
            pytest.skip(message)
        yield browser
        browser.close()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def handle(self):
        with contextlib.suppress(ConnectionError):  # the browser closed a tab
            super().handle()


def serve(folder: Path):
    """A static server of `folder` on 127.0.0.1; (server, base URL ending in a slash)."""
    mimetypes.add_type("text/javascript", ".mjs")
    mimetypes.add_type("application/wasm", ".wasm")
    handler = functools.partial(_QuietHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}/"


@pytest.fixture(scope="session")
def serve_folder():
    """`serve_folder(path)` is the base URL of a static server of that folder."""
    servers = []

    def start(folder: Path) -> str:
        server, url = serve(folder)
        servers.append(server)
        return url

    yield start
    for server in servers:
        server.shutdown()


@pytest.fixture(scope="session")
def book_folder() -> Path:
    """The built book; `make book` makes it."""
    if not (BOOK / "index.html").is_file():
        pytest.fail("there is no built book in _build/html: run `make book` first")
    return BOOK


@pytest.fixture(scope="session")
def book_url(book_folder: Path):
    server, url = serve(book_folder)
    yield url
    server.shutdown()


@pytest.fixture
def page(chromium):
    """A new page at desktop size, in light mode, with no state from other tests."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme="light", reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    if slower := os.environ.get("COURSE_SLOW_BROWSER"):
        devtools = context.new_cdp_session(page)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": float(slower)})
    yield page
    context.close()
