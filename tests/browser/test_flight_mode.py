"""The main job in flight mode, in a real browser: from Today to the customer's signature without any signal, then the
network is back, all is sent, and the report is sealed as it was signed."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import Open, sign_in
from tests.browser.test_day import ready
from tests.browser.test_kept_visit import diagnose
from tests.browser.test_main_job import CUSTOMER, approve
from tests.conftest import long_form
from tests.servers import Server

PIN = "2468"


def on_the_glass(page: Page, step: str) -> None:
    """The step is on the stage, whatever brought it there."""
    page.wait_for_selector(f"#stage [data-step='{step}']")
    assert page.url.endswith("/h/offline")


def no_way_out(page: Page, visit: str, step: str) -> None:
    """Reload, a typed address and Back all end at the same step."""
    page.reload()
    on_the_glass(page, step)
    for address in (visit, "/", f"{visit}/report"):
        page.goto(address)
        on_the_glass(page, step)
    page.evaluate("history.back()")
    page.wait_for_timeout(300)
    on_the_glass(page, step)


def work(page: Page, visit: str) -> None:
    page.goto(visit)
    for verb, state in (("departure", "en_route"), ("arrival", "on_site"), ("start", "working")):
        steps.press(page, page.locator(f".action-bar form[action$='/{verb}'] button").first)
        page.wait_for_selector(f"p.row[data-state='{state}']")
    page.goto(f"{visit}/part-uses")
    card = page.locator("form:has(button.part-card)").first
    code = card.locator("[name=item]").input_value()
    before = in_the_van(page, code)
    page.goto(f"{visit}/part-uses")
    steps.press(page, card.locator("button.part-card"))
    assert "part-uses" in [entry["action"] for entry in kept_in_the_outbox(page)]
    after = in_the_van(page, code, "Waiting to be sent")
    assert (int(after.split()[0]), after.split()[1]) == (int(before.split()[0]) - 1, before.split()[1])
    diagnose(page, visit)
    page.goto(visit)
    page.wait_for_selector(".action-bar[data-for]")
    steps.press(page, page.locator(".action-bar form[action$='/finish'] button").first)
    page.wait_for_selector("p.row[data-state='finished']")


def in_the_van(page: Page, code: str, mark: str = "") -> str:
    """What the kept page of the van says of a part, and that this is not sent yet."""
    page.goto("/van")
    held = page.locator(f"[data-in-van='{code}']")
    expect(held).to_contain_text(mark)
    return held.inner_text()


def hand_over(page: Page, visit: str) -> None:
    page.goto(f"{visit}/handover")
    steps.pick(page, "locale", "en")
    if page.locator("[name=signer]").count():
        steps.hit(page, page.locator("label", has=page.locator("[name=signer]")).first)
    steps.hit(page, page.locator("button[form=handover]"))
    on_the_glass(page, "read")


def read_and_answer(page: Page, visit: str) -> None:
    assert "10 km/h, 10 min" in page.inner_text("#stage") and "No charge" in page.inner_text("#stage")
    no_way_out(page, visit, "read")
    steps.hit(page, page.locator("#actions button"))
    on_the_glass(page, "survey")
    steps.hit(page, page.locator("#actions button"))
    expect(page.locator("#stage .error-summary")).to_be_visible()
    for name, value in steps.ANSWERS.items():
        steps.pick(page, name, value)
    no_way_out(page, visit, "survey")
    steps.hit(page, page.locator("#actions button"))  # what was chosen is still there
    on_the_glass(page, "sign")


def sign(page: Page, visit: str) -> None:
    steps.draw(page)
    no_way_out(page, visit, "sign")
    assert len(page.input_value("[name=strokes]")) > 100, "the ink is kept through a restart"
    page.evaluate("new Promise((done) => (indexedDB.deleteDatabase('handover').onsuccess = done))")
    page.reload()
    on_the_glass(page, "sign")
    assert len(page.input_value("[name=strokes]")) > 100, "and through the loss of the browser's databases"
    steps.pick(page, "agree")
    steps.hit(page, page.locator("#actions button"))
    on_the_glass(page, "done")
    assert page.locator("#stage img.qr").get_attribute("src")
    assert "Saved on this phone" in page.inner_text("#stage")
    no_way_out(page, visit, "done")


def take_back(page: Page, visit: str) -> None:
    page.fill("[name=pin]", "0000")
    page.locator("[name=pin]").press("Enter")
    expect(page.locator("#release .error")).to_contain_text("4")
    page.fill("[name=pin]", PIN)
    page.locator("[name=pin]").press("Enter")
    page.wait_for_url(visit)


ENTRIES = """async () => {
  const ended = (request) => new Promise((done) => (request.onsuccess = () => done(request.result)));
  const { name } = (await indexedDB.databases()).find((one) => one.name.startsWith("outbox-"));
  const db = await ended(indexedDB.open(name));
  const all = await ended(db.transaction("entry").objectStore("entry").getAll());
  db.close();
  return all;
}"""


def kept_in_the_outbox(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(ENTRIES)
    return found


def all_is_sent(page: Page) -> None:
    for _try in range(60):
        if not kept_in_the_outbox(page):
            break
        page.wait_for_timeout(500)
    assert not kept_in_the_outbox(page), [(one["action"], one["state"], one["why"]) for one in kept_in_the_outbox(page)]


def sent_under_lock(page: Page, visit: str) -> None:
    """Sending goes on by itself, and the phone is no freer for it."""
    all_is_sent(page)
    on_the_glass(page, "done")
    assert not page.locator("#outbox-bar a").count(), "the customer is told nothing of it"
    no_way_out(page, visit, "done")


def test_the_whole_job_in_flight_mode(server: Server, open_page: Open) -> None:
    in_flight_mode(server, open_page)


@long_form
def test_the_whole_job_in_flight_mode_on_postgresql(postgres_server: Server, open_page: Open) -> None:
    """Failure mode 40 too: signal comes back while the customer still holds the phone."""
    in_flight_mode(postgres_server, open_page, back_on_the_glass=True)


def in_flight_mode(server: Server, open_page: Open, *, back_on_the_glass: bool = False) -> None:
    page = open_page(server.url, locale="en", service_workers="allow")
    sign_in(page, "zhang")
    listed = ready(page)
    visit_id = next(one["id"] for one in listed["visits"] if one["pages"] and CUSTOMER in one["customer"])
    visit = f"{server.url}/visits/{visit_id}"
    page.context.set_offline(True)
    server.stop()
    work(page, visit)
    hand_over(page, visit)
    read_and_answer(page, visit)
    assert "q_overall" not in str(kept_in_the_outbox(page)), "answers lie closed on the phone"
    sign(page, visit)
    verify = page.locator("#stage [data-slot=verify]").inner_text()
    if back_on_the_glass:
        server.start()
        page.context.set_offline(False)
        sent_under_lock(page, visit)
        take_back(page, visit)
    else:
        take_back(page, visit)
        server.start()
        page.context.set_offline(False)
    waiting = page.request.get(re.sub(r"^https?://[^/]+", server.url, verify)).text()
    assert "data-state" in waiting
    page.reload()
    page.evaluate("document.dispatchEvent(new CustomEvent('outbox:send'))")
    all_is_sent(page)
    page.goto(f"{visit}/report")
    number = re.search(r"FW-\d\d-\d{4}-\d{4}", page.url)
    assert number, page.url
    assert "without a connection" in page.inner_text("#signature")
    assert not page.locator("#differs").count(), "the same text on both sides"
    assert "agrees" in server.flask("ledger", "check")
    supervisor = open_page(server.url, phone=False, locale="en")
    sign_in(supervisor, "zhao")
    approve(supervisor, number[0])
