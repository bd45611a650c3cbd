"""The analysts' page in a real browser, served over HTTP from a real Postgres."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import uvicorn
from decided import Decided, Decisions
from playwright.sync_api import Browser, Page, expect, sync_playwright
from served_processes import free_port

from infra.serving.key_store import KeyStore
from infra.settings import Postgres
from projects.fraud.contracts import CONTRACTS
from projects.fraud.investigation.app import create_app
from projects.fraud.investigation.configuration import InvestigationConfig
from projects.fraud.investigation.database import open_engine, prepare

pytestmark = [pytest.mark.long, pytest.mark.browser]

SWITCHES = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
# What a merchant might call a feature's category, if a feature ever held free text.
SCRIPT = "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 2'>"
HOSTILE = {"feature": SCRIPT, "value": 1.0, "contribution": 0.7}
REASONS = (
    {"feature": "TX_AMOUNT", "value": 812.0, "contribution": 2.5},
    {"feature": "CUSTOMER_ID_NB_TX_1DAY_WINDOW", "value": 9.0, "contribution": 1.4},
    {"feature": "TERMINAL_ID_RISK_7DAY_WINDOW", "value": 0.125, "contribution": 0.9},
    {"feature": "TX_DURING_NIGHT", "value": 0.0, "contribution": -0.5},
)


@dataclass(frozen=True)
class Open:
    """Hold a running desk: where it is, a key, and what it writes."""

    url: str
    key: str
    decisions: Decisions


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    # The page, its server and this test share an interpreter; no time is asserted.
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def desk(postgres: Postgres) -> Iterator[Open]:
    decisions = Decisions(postgres)
    engine = open_engine(postgres)
    prepare(engine, decisions.schema)
    keys = KeyStore.in_postgres(postgres)
    key = keys.create("<b>ada</b>").reveal()
    port = free_port()
    app = create_app(InvestigationConfig(schema=decisions.schema), engine, keys)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server ended before it started"
        time.sleep(0.02)
    decisions.add(
        Decided(1, 41, 0.93, reasons=REASONS),
        Decided(2, 41, 0.71, hours=1.5, reasons=REASONS[1:], amount_cents=4_550),
        Decided(3, 41, 0.08, hours=-20, alert=False, amount_cents=1_290),
        Decided(4, 42, 0.88, reasons=(HOSTILE, *REASONS)),
        Decided(5, 43, 0.52, reasons=REASONS[2:]),
    )
    yield Open(f"http://127.0.0.1:{port}/", key, decisions)
    server.should_exit = True
    thread.join(10)
    keys.close()


def signed_in(browser: Browser, desk: Open, complaints: list[str], **options: object) -> Page:
    page = browser.new_context(**{"viewport": DESK, **options}).new_page()  # type: ignore[arg-type]
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(desk.url)
    page.get_by_label("Your key").fill(desk.key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Open cases")).to_be_visible()
    return page


def test_an_analyst_marks_a_case_with_the_keyboard_alone(browser: Browser, desk: Open) -> None:
    complaints: list[str] = []
    page = signed_in(browser, desk, complaints)
    lines = page.locator("#cases button")
    expect(lines).to_have_count(3)
    expect(lines.first).to_contain_text("93.0 %")
    # Its owner's name is text, whatever it holds.
    expect(page.locator("#name")).to_have_text("<b>ada</b>")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Card 41 on 2026-03-01")).to_be_focused()
    expect(page.get_by_text("The amount is 812.00 euros")).to_be_visible()
    against = "speaks against fraud, \u22120.50 in log-odds"
    assert page.get_by_role("img", name=against).count() == 2
    _keep_pictures(page)
    # The second payment was the card's owner's own.
    page.get_by_role("checkbox", name="€45.50").uncheck()
    page.keyboard.press("f")
    expect(page.get_by_role("dialog", name="Mark this payment as fraud?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(lines).to_have_count(3)
    page.keyboard.press("f")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Card 41 was marked as fraud.")
    expect(lines).to_have_count(2)
    expect(lines.first).to_contain_text("Card 42")
    [[event, published]] = desk.decisions.asked("select event, published_at from {}.label_outbox")
    label = CONTRACTS.read(bytes(event)).data
    assert (label.transaction_id, label.fraud, published) == (1, True, None)
    assert desk.decisions.asked("select transaction_id, fraud, decided_by from {}.verdicts") == [
        (1, True, "<b>ada</b>")
    ]
    assert complaints == []


def _keep_pictures(page: Page) -> None:
    """Keep a picture in each scheme where a folder for them is named."""
    folder = os.environ.get("LAB_PICTURES")
    for scheme in ("dark", "light") if folder else ():
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.screenshot(path=f"{folder}/desk-{scheme}.png")
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        page.screenshot(path=f"{folder}/phone-{scheme}.png")
        page.set_viewport_size(DESK)  # type: ignore[arg-type]


def test_a_script_in_a_reason_is_text(browser: Browser, desk: Open) -> None:
    complaints: list[str] = []
    page = signed_in(browser, desk, complaints)
    page.get_by_role("button", name="Card 42").click()
    expect(page.get_by_text("<script>window.pwned = 1</script>")).to_be_visible()
    assert page.evaluate("window.pwned") is None
    # Were the page to make a mistake, the browser would still not run it.
    page.evaluate(
        """() => { const node = document.createElement('script');
        node.append('window.pwned = 3'); document.body.append(node); }"""
    )
    assert page.evaluate("window.pwned") is None
    refused = page.evaluate(
        """() => { try { document.body.innerHTML = '<b>x</b>'; } catch (e) { return e.name; } }"""
    )
    assert refused == "TypeError"
    policy = page.request.get(desk.url).headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy


def test_a_phone_shows_one_thing_at_a_time_and_never_scrolls_sideways(
    browser: Browser, desk: Open
) -> None:
    complaints: list[str] = []
    page = signed_in(browser, desk, complaints, viewport=PHONE, has_touch=True, is_mobile=True)
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) == PHONE["width"]
    page.get_by_role("button", name="Card 42").tap()
    expect(page.locator("#queue")).to_be_hidden()
    assert page.evaluate(width) == PHONE["width"]
    page.get_by_role("button", name="Genuine").tap()
    page.get_by_role("button", name="Mark").tap()
    expect(page.locator("#cases button")).to_have_count(2)
    [[event]] = desk.decisions.asked("select event from {}.label_outbox")
    assert CONTRACTS.read(bytes(event)).data.fraud is False
    assert complaints == []


def test_a_wrong_key_is_told_and_another_analysts_verdict_too(browser: Browser, desk: Open) -> None:
    page = browser.new_page()
    page.goto(desk.url)
    page.get_by_label("Your key").fill("key_wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not known, or not valid any more")
    expect(page.locator("#desk")).to_be_hidden()
    page = signed_in(browser, desk, [])
    page.get_by_role("button", name="Card 43").click()
    expect(page.get_by_role("heading", name="Card 43 on 2026-03-01")).to_be_visible()
    told = {"headers": {"X-API-Key": desk.key}}
    asked = {"verdict": "genuine", "transaction_ids": [5]}
    first = page.request.post(f"{desk.url}v1/cases/43-2026-03-01/verdict", data=asked, **told)  # type: ignore[arg-type]
    assert first.ok
    page.get_by_role("button", name="Fraud", exact=False).first.click()
    page.get_by_role("button", name="Mark").click()
    expect(page.get_by_role("status")).to_contain_text("5 was marked as genuine by")
    assert desk.decisions.asked("select fraud from {}.verdicts") == [(False,)]
