"""Every page, as each role sees it, on phone and laptop: accessible (axe, WCAG 2.2 AA and target size), within the
screen, also with text twice as large, and without a word from the console or the content policy."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from portal.i18n import LOCALES
from tests.browser.conftest import Open, sign_in
from tests.servers import ROOT, Server

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ONLY_WHAT_IS_WRONG = {"resultTypes": ["violations"], "selectors": False}  # nothing else is read
# axe reads places in several strides: when the bar of the outbox comes or goes between them, it has read two pages.
WHEN_STILL = """async (options) => {
  const places = () => [...document.querySelectorAll('body, body > *, main > *')]
    .map((one) => Object.values(one.getBoundingClientRect().toJSON())).join();
  for (let tries = 5, before, found; ; tries--) {
    before = places();
    found = await axe.run(document, options);
    if (places() === before || !tries) return found.violations;
  }
}"""
LONG = os.environ.get("PORTAL_LONG") == "1"
PHONE_PAGES = [
    "/", "/van", "/tools/GJ-001/reports", "/visits", "/me", "/me/signature", "/reports", "/more", "/scan",
    "/me/calendar", "/help/offline", "/offline/outbox",
    "/offline/locked",
]  # fmt: skip
VISIT_PAGES = [
    "", "/findings", "/readings", "/part-uses", "/part-uses?q=TM", "/time-entries", "/photos", "/pause", "/no-parts",
    "/directions", "/handover", "/report", "/departure",
]  # fmt: skip
LAPTOP_PAGES = {
    "sun": ["/", "/calls/new", "/visits", "/follow-ups", "/reports", "/me", "/customers/new"],
    "zhao": [
        "/",
        "/calls",
        "/visits",
        "/reports",
        "/stock",
        "/stock/movements",
        "/customers",
        "/equipment",
        "/duplicates",
        "/lists/calls/views?state=open",
        "/lists/visits/choice?all=1",
        "/search",
        "/stops",
        "/offline/phones",
        "/held",
        "/held?state=decided",
        "/held/rescue",
    ],
    "qian": [
        "/",
        "/stock/movements",
        "/stock/receipts",
        "/stock/issues",
        "/stock/returns",
        "/stock/items/TM-OIL-100",
        "/tools",
        "/tools/GJ-002",
        "/tools/registration",
        "/tools/GJ-005/hand-outs",
        "/tools/GJ-009/returns",
        "/tools/GJ-005/moves",
        "/tools/GJ-005/calibrations",
    ],
    "zhou": ["/", "/reports"],
    "he": ["/jobs", "/oversight", "/oversight?days=90"],
    "admin": [
        "/",
        "/jobs",
        "/admin/company",
        "/admin/branches/new",
        "/admin/settings/privacy_notice",
        "/admin/people",
        "/admin/people/new",
        "/admin/permissions",
        "/admin/codes",
        "/admin/codes/fault/new",
        "/admin/usual-parts",
        "/admin/sessions",
        "/admin/history",
        "/me/sessions",
    ],
}


def violations(page: Page) -> list[str]:
    """What axe finds, as `rule: element`. axe is handed in by the debugger, so the content policy stays in force."""
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")  # at its end the bar of buttons covers nothing
    page.evaluate(AXE)
    options = {"runOnly": RULES, "rules": {"target-size": {"enabled": True}}, **ONLY_WHAT_IS_WRONG}
    found: Any = page.evaluate(WHEN_STILL, options)
    return [f"{v['id']}: {node['html'][:160]}" for v in found for node in v["nodes"]]


def small_targets(page: Page, least: int) -> list[str]:
    """Visible controls under `least` px in height or width; links inside running text are exempt.
    A card's link is as large as its card, which it covers."""
    script = """least => [...document.querySelectorAll(
        'a[href], button, input:not([type=hidden]), select, textarea, summary')]
      .filter(e => e.checkVisibility() && !e.closest('p, .visually-hidden, td, th, li p') && !e.matches('.skip'))
      .map(e => [e, (e.closest(e.matches('.card-link') ? '.card' : 'label') || e).getBoundingClientRect()])
      .filter(([e, r]) => r.width > 0 && (r.height < least - .5 || r.width < least - .5))
      .map(([e, r]) => `${Math.round(r.width)}x${Math.round(r.height)} ${e.outerHTML.slice(0, 120)}`)"""
    return list(page.evaluate(script, least))


def too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"))


def scrolling_tables(page: Page) -> bool:
    """Whether a table is wider than its box: it would have to be scrolled sideways."""
    script = "[...document.querySelectorAll('.table-box')].some(box => box.scrollWidth > box.clientWidth + 1)"
    return bool(page.evaluate(script))


def too_wide_when_narrow(page: Page) -> list[str]:
    """What does not fit as the page is, zoomed to 200 % (a laptop's 640 px), and on the narrowest screen of 320 px."""
    size = page.viewport_size
    assert size is not None
    found = []
    for width in sorted({size["width"], min(size["width"], 640), 320}, reverse=True):
        if width != size["width"]:
            page.set_viewport_size({"width": width, "height": size["height"]})
        if too_wide(page):
            found.append(f"wider than a screen of {width}")
        if scrolling_tables(page):
            found.append(f"a table is wider than its box at {width}")
    page.set_viewport_size(size)
    return found


def inspect(page: Page, address: str, least: int | None = None, *, axe: bool = True) -> list[str]:
    """What is wrong with a page. On phones (`least` px for targets) also with text twice as large; on laptops axe's
    own rule judges the targets, which knows the exception for links in a line of text."""
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, f"{address}: {answer.status}"
    return look(page, address, least, axe=axe)


def refused(page: Page, address: str, least: int | None = None) -> list[str]:
    """What is wrong with a form that came back."""
    assert page.locator(".error-summary li").count(), f"{address}: no summary of what is wrong"
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": size["width"], "height": 2000})  # so that no bar covers half a field
    found = look(page, f"{address} refused", least)
    page.set_viewport_size(size)
    return found


def look(page: Page, address: str, least: int | None = None, *, axe: bool = True) -> list[str]:
    """`axe=False` where axe sees the same page in another language: its size alone is another one."""
    found = [f"{address}: {problem}" for problem in violations(page)] if axe else []
    if least:
        found += [f"{address}: small target {target}" for target in small_targets(page, least)]
    found += [f"{address}: {problem}" for problem in too_wide_when_narrow(page)]
    if least:
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        if too_wide(page):
            found.append(f"{address}: wider than the screen with large text")
        page.evaluate("document.documentElement.style.fontSize = ''")
    return found


def visits_by_state(page: Page) -> dict[str, str]:
    page.goto("/")
    script = "es => es.map(e => [e.dataset.state, e.querySelector('a[href^=\"/visits/\"]')?.getAttribute('href')])"
    pairs = page.locator("[data-state]").evaluate_all(script)
    return {state: href for state, href in pairs if href}


@pytest.mark.parametrize("locale", LOCALES if LONG else ["zh_Hans"])
def test_the_technicians_pages(reading_server: Server, open_page: Open, locale: str) -> None:
    axe = LONG or locale == "zh_Hans"
    page = open_page(reading_server.url, locale=locale)
    problems = inspect(page, "/login", 48, axe=axe)
    sign_in(page, "zhang")
    visits = visits_by_state(page)
    assert {"assigned", "finished", "signed", "returned"} <= set(visits)
    for address in PHONE_PAGES:
        problems += inspect(page, address, 48, axe=axe)
    for end in VISIT_PAGES:
        if end in ("/departure",):
            continue
        problems += inspect(page, visits["assigned"] + end, 48, axe=axe)
    for state in ("finished", "signed", "returned"):
        problems += inspect(page, visits[state], 48, axe=axe)
    for end in ("/handover", *(f"/handover?absence={name}" for name in ("absent", "refused", "paper"))):
        problems += inspect(page, visits["finished"] + end, 48, axe=axe)
    for end in ("/handover", "/report"):
        problems += inspect(page, visits["returned"] + end, 48, axe=axe)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("username", LAPTOP_PAGES if LONG else ["zhao", "admin"])
@pytest.mark.parametrize("locale", LOCALES if LONG else ["en"])
def test_the_offices_pages(reading_server: Server, open_page: Open, locale: str, username: str) -> None:
    problems: list[str] = []
    page = open_page(reading_server.url, phone=False, locale=locale)
    sign_in(page, username)
    for address in LAPTOP_PAGES[username]:
        problems += inspect(page, address)
    if username == "zhao":
        problems += inspect(page, page.request.get("/reports").url)
        page.goto("/reports")
        report = page.locator("a[href^='/reports/FW']").first.get_attribute("href")
        for end in ("", "/approval", "/return", "/void", "/correction"):
            problems += inspect(page, f"{report}{end}")
    if username == "sun":
        page.goto("/calls")
        call = page.locator("a[href^='/calls/JX']").first.get_attribute("href")
        problems += inspect(page, str(call))
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("locale", LOCALES if LONG else ["zh_Hant"])
def test_the_customers_pages(server: Server, open_page: Open, locale: str, tmp_path: Path) -> None:
    from tests.browser import steps

    page = open_page(server.url, locale=locale)
    sign_in(page, "zhang")
    visit = page.url.split("/login")[0].rstrip("/") + visits_by_state(page)["finished"]
    steps.hand_over(page, visit, locale)
    base = page.url.split("?")[0]
    problems = inspect(page, base, 48)
    problems += inspect(page, f"{base}/survey", 48)
    page.goto(f"{base}/survey")
    for name, value in steps.ANSWERS.items():
        steps.pick(page, name, value)
    steps.press(page, page.locator("button[form=survey]"))
    problems += inspect(page, page.url, 48)
    page.goto(page.url)
    steps.sign(page)
    problems += inspect(page, base, 48)
    problems += inspect(page, f"{base}/co-signature", 48)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("locale", LOCALES if LONG else ["zh_Hans"])
def test_states_on_the_way_and_refusals(server: Server, open_page: Open, locale: str) -> None:
    """A visit under way and paused, refused forms with their summary, a full and an empty list, a forgotten clock."""
    from tests.browser import steps

    page = open_page(server.url, locale=locale)
    sign_in(page, "zhang")
    visit = server.url + visits_by_state(page)["assigned"]
    page.goto(visit)
    steps.go_and_start(page)
    problems = look(page, "working", 48) + inspect(page, "/", 48)
    page.goto(f"{visit}/part-uses")
    steps.press(page, page.locator("a.part-card[href*='item=']").first)
    page.fill("[name=quantity]", "0")
    steps.hit(page, page.locator("main form.form button[type=submit]").last)  # the refusal is drawn where one stands
    page.wait_for_selector("main .error-summary")
    problems += refused(page, "part-uses", 48)
    page.goto(f"{visit}/time-entries")
    steps.hit(page, page.locator("main form.form button[type=submit]").last)  # the refusal is drawn where one stands
    page.wait_for_selector("main .error-summary")
    problems += refused(page, "time-entries", 48)
    page.goto(f"{visit}/pause")
    steps.press(page, page.locator("form:has([name=cause][value=customer]) button[type=submit]"))
    problems += look(page, "paused", 48) + inspect(page, "/visits?state=paused", 48)
    problems += inspect(page, "/visits?date=2001-01-01", 48) + inspect(page, "/reports?q=no-such-report", 48)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("locale", LOCALES if LONG else ["zh_Hant"])
def test_refusals_and_empty_lists_of_the_office(server: Server, open_page: Open, locale: str) -> None:
    from tests.browser import steps

    problems: list[str] = []
    for username, forms, empty in (
        ("qian", ["/stock/receipts", "/stock/issues"], ["/stock?q=no-such-part", "/stock/movements?document=none"]),
        ("sun", ["/calls/new?new=1"], ["/calls?q=no-such-call", "/visits?date=2001-01-01", "/visits?state=cancelled"]),
        ("zhao", [], ["/visits?state=unsigned", "/reports?q=no-such-report"]),
    ):
        page = open_page(server.url, phone=False, locale=locale)
        sign_in(page, username)
        for address in forms:
            page.goto(address)
            steps.press(page, page.locator("main form.form button[type=submit]").last)
            problems += refused(page, address)
        for address in empty:
            problems += inspect(page, address)
    assert not problems, "\n".join(problems)


def test_too_many_tries_and_a_phone_that_is_handed_over(server: Server, open_page: Open) -> None:
    from tests.browser import steps

    page = open_page(server.url, locale="es")
    for _n in range(6):
        page.goto("/login")
        page.fill("[name=username]", "wang")
        page.fill("[name=password]", "wrong-word")
        steps.press(page, page.locator("form[action^='/login'] button[type=submit]"))
    problems = refused(page, "429", 48)
    other = open_page(server.url, locale="es")
    sign_in(other, "zhang")
    steps.hand_over(other, server.url + visits_by_state(other)["finished"], "es")
    base = other.url.split("?")[0]
    for end, button in (
        ("/survey", "button[form=survey]"),
        ("/release", "form[action$='/release'] button[type=submit]"),
    ):
        other.goto(base + end)
        steps.press(other, other.locator(button))
        problems += refused(other, end, 48)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("address", ["/no-such-page", "/visits/00000000-0000-4000-8000-000000000001", "/stock"])
def test_error_pages(reading_server: Server, open_page: Open, address: str) -> None:
    page = open_page(reading_server.url, locale="es")
    sign_in(page, "zhang")
    answer = page.goto(address)
    assert answer is not None
    assert answer.status in (403, 404)
    assert not violations(page)
    assert not small_targets(page, 44)
