"""Tests of the site in a real browser, opened from a disk and served below a path."""

import os
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

pytestmark = pytest.mark.browser

SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = [
    "index.html",
    "tracks/index.html",
    "tracks/sre.html",
    "modules/index.html",
    "modules/11_data_quality/index.html",
    "modules/11_data_quality/notebook.html",
    "modules/11_data_quality/lab.html",
    "modules/14_kafka/index.html",
    "projects/fraud/index.html",
    "projects/fraud/operating-runbook.html",
    "projects/fraud/fraud-quality-measured.html",
    "projects/fraud/fraud_3_baseline_model/index.html",
    "labs.html",
    "coverage.html",
    "guides/author.html",
    "reference/cli.html",
    "reference/api/autograder-checks.html",
]
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    if not found:
        pytest.fail(
            "No chromium is on this machine: install it (Debian and Ubuntu: apt-get install "
            "chromium) or name one in CHROMIUM."
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=DESK, color_scheme="light")
    yield context
    context.close()


class Watched:
    """Open pages in a context and remember what they complained of and asked for."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda request: self.complaints.append(request.url))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def _said(self, message: object) -> None:
        if getattr(message, "type", "") in ("error", "warning"):
            self.complaints.append(str(getattr(message, "text", "")))

    def open(self, address: str) -> Page:
        self.page.goto(address)
        self.page.wait_for_load_state("networkidle")
        return self.page


def found_by_search(page: Page, word: str) -> str:
    """Type a word into the search and return what the first result says."""
    page.keyboard.press("/")
    page.get_by_role("textbox", name="Search").press_sequentially(word)
    first = page.locator(".md-search-result__item").first
    expect(first).to_contain_text(word, ignore_case=True, timeout=20_000)
    return first.inner_text()


def test_pages_load_from_a_disk_without_a_complaint(context: BrowserContext, site: Path) -> None:
    watched = Watched(context)
    for path in PAGES:
        assert (site / path).is_file(), path
        page = watched.open((site / path).as_uri())
        expect(page.locator("main h1, .hero h1").first).to_be_visible()
    assert watched.complaints == []
    assert [url for url in watched.asked if not url.startswith(("file://", "data:"))] == []


def test_no_page_scrolls_sideways_on_a_phone(browser: Browser, site: Path) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    wide = {}
    for path in PAGES:
        page.goto((site / path).as_uri())
        page.wait_for_load_state("networkidle")
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["width"]:
            wide[path] = width
    context.close()
    assert wide == {}


def test_search_finds_a_lesson_from_a_disk(context: BrowserContext, site: Path) -> None:
    watched = Watched(context)
    page = watched.open((site / "index.html").as_uri())
    assert "kafka" in found_by_search(page, "kafka").lower()
    assert watched.complaints == []


def test_the_dark_scheme_can_be_chosen_and_stays(context: BrowserContext, site: Path) -> None:
    page = Watched(context).open((site / "index.html").as_uri())
    body = page.locator("body")
    expect(body).to_have_attribute("data-md-color-scheme", "default")
    light = body.evaluate("node => getComputedStyle(node).backgroundColor")
    page.get_by_title("Switch to dark").click()
    expect(body).to_have_attribute("data-md-color-scheme", "slate")
    assert body.evaluate("node => getComputedStyle(node).backgroundColor") != light
    page.goto((site / "coverage.html").as_uri())
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")


def test_it_works_below_a_path_of_a_server(context: BrowserContext, site: Path) -> None:
    handler = partial(SimpleHTTPRequestHandler, directory=str(site.parent))
    handler.log_message = lambda *_: None
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        home = f"http://127.0.0.1:{server.server_port}/course/"
        watched = Watched(context)
        page = watched.open(home + "modules/14_kafka/index.html")
        assert "kafka" in found_by_search(page, "kafka").lower()
        page = watched.open(home + "index.html")
        page.get_by_role("link", name="Start learning").click()
        expect(page.locator("h1")).to_contain_text("Learner's guide")
        server.shutdown()
    assert watched.complaints == []
    assert [
        url for url in watched.asked if not url.startswith(("http://127.0.0.1:", "data:"))
    ] == []
