"""The main job in a real browser: from today's visit on the phone to the approved report on the laptop."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from portal.i18n import TAGS
from tests.browser import steps
from tests.browser.conftest import Open, sign_in, sign_in_by_form
from tests.browser.test_pages import visits_by_state
from tests.conftest import LONG
from tests.servers import Server

CUSTOMER = "甲示例"


def whole_job(server: Server, open_page: Open, folder: Path, *, phone: bool, locale: str, ledger: bool = True) -> None:
    page = open_page(server.url, phone=phone, locale=locale)
    sign_in_by_form(page, "zhang")
    assert page.get_attribute("html", "lang") == TAGS[locale]
    visit = steps.open_visit(page, CUSTOMER)
    steps.go_and_start(page)
    steps.diagnose(page, visit, "清灰上油 · cleaned & oiled")
    part = steps.log_usual_part(page, visit)
    steps.take_photo(page, visit, folder)
    steps.finish(page, visit)
    steps.hand_over(page, visit, locale)
    assert page.get_attribute("html", "lang") == TAGS[locale]
    steps.read_and_answer(page)
    steps.sign(page)
    number = re.search(r"FW-\d\d-\d{4}-\d{4}", page.inner_text("main"))
    assert number
    steps.take_back(page)
    pdf = page.request.get(f"/reports/{number[0]}.pdf")
    assert pdf.status == 200
    assert pdf.body().startswith(b"%PDF-")
    supervisor = open_page(server.url, phone=False, locale=locale)
    sign_in(supervisor, "zhao")
    approve(supervisor, number[0])
    if ledger:
        storekeeper = open_page(server.url, phone=False, locale=locale)
        sign_in(storekeeper, "qian")
        leads_to(storekeeper, part, "/stock/movements?document=")
        leads_to(supervisor, part, visit)
        assert "agrees" in server.flask("ledger", "check")


def approve(page: Page, number: str) -> None:
    page.goto(f"/review?report={number}")
    assert number in page.inner_text("main")
    with page.expect_navigation():
        page.keyboard.press("a")
    if page.locator("form[action$='/approval']").count() and page.url.endswith("/approval"):
        steps.press(page, page.locator("form[action$='/approval'] button[type=submit]"))
    page.goto(f"/reports/{number}")
    assert page.locator("[data-state='approved']").count()


def leads_to(page: Page, part: str, expected: str) -> None:
    """The newest movement of a part: the storekeeper is one click from what was moved with it, a supervisor from the
    visit."""
    page.goto(f"/stock/movements?item={part}&kind=use")
    steps.press(page, page.locator("tbody tr:first-child td.nowrap a").first)
    assert expected in page.url
    assert page.locator("main h1").count() == 1


@pytest.mark.parametrize("locale", ["zh_Hans", "zh_Hant", "en"] if LONG else ["zh_Hans"])  # Spanish below
def test_the_whole_job_on_a_phone(server: Server, open_page: Open, tmp_path: Path, locale: str) -> None:
    ledger = LONG or locale == "zh_Hans"  # which has no language
    whole_job(server, open_page, tmp_path, phone=True, locale=locale, ledger=ledger)


def test_the_whole_job_on_a_laptop(server: Server, open_page: Open, tmp_path: Path) -> None:
    whole_job(server, open_page, tmp_path, phone=False, locale="zh_Hans")


def test_the_whole_job_on_a_phone_in_spanish_and_on_postgresql(
    postgres_server: Server, open_page: Open, tmp_path: Path
) -> None:
    whole_job(postgres_server, open_page, tmp_path, phone=True, locale="es")


def test_the_whole_job_with_script_off_and_a_typed_name(server: Server, open_page: Open, tmp_path: Path) -> None:
    page = open_page(server.url, locale="zh_Hans", script=False)
    sign_in_by_form(page, "zhang")
    visit = steps.open_visit(page, CUSTOMER)
    steps.go_and_start(page)
    steps.diagnose(page, visit, "上油", script=False)
    page.goto(f"{visit}/part-uses")
    steps.press(page, page.locator("form[action$='/no-parts'] button[type=submit]"))
    steps.finish(page, visit)
    steps.hand_over(page, visit, "es")
    steps.read_and_answer(page)
    steps.sign_typed(page, "甲示例")
    steps.take_back(page)


def test_a_usual_part_takes_two_taps_and_any_part_at_most_four(server: Server, open_page: Open) -> None:
    page = open_page(server.url)
    sign_in(page, "zhang")
    steps.open_visit(page, CUSTOMER)
    steps.go_and_start(page)
    visit = page.url
    steps.press(page, page.locator("a[href$='/part-uses']").first)
    steps.hit(page, page.locator("form:has(.part-card) button[type=submit], form.part-card button").first)
    page.wait_for_selector("main form[action$='/reversal']")
    assert page.locator("main form[action$='/reversal']").count() == 1
    page.goto(visit)
    steps.press(page, page.locator("a[href$='/part-uses']").first)
    page.fill("[name=q]", "TM-ROL-F")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    steps.press(page, page.locator("a[href*='item=TM-ROL-F']").first)
    steps.press(page, page.locator("form#part-form button[type=submit]").last)
    page.wait_for_selector("main form[action$='/reversal']")
    assert page.locator("main form[action$='/reversal']").count() == 2


def test_the_customer_holding_the_phone_finds_no_way_out(server: Server, open_page: Open, tmp_path: Path) -> None:
    page = open_page(server.url)
    sign_in(page, "zhang")
    visit = visits_by_state(page)["finished"]
    for passed in ("/photos", "/readings", "/report", "/directions"):
        page.goto(f"{visit}{passed}")  # there is much to go back to
    steps.hand_over(page, visit, "en")
    handed = page.url
    for _back in range(5):
        page.evaluate("history.back()")
        page.wait_for_timeout(250)
        assert "/h/" in page.url
        assert page.locator("nav.nav").count() == 0
    page.reload()
    assert page.url.startswith(handed.split("?")[0])
    for address in ("/", visit, f"{visit}/report", "/reports", "/me", "/van", "/visits"):
        page.goto(address)
        assert page.url.split("?")[0] == handed.split("?")[0], address
    other = page.context.new_page()
    other.goto(visit)
    assert "/h/" in other.url
    other.close()
    steps.read_and_answer(page)
    steps.sign(page)
    page.reload()
    assert page.locator("[name=pin]").count() == 1
    page.evaluate("history.back()")
    page.wait_for_timeout(300)
    assert page.locator("canvas").count() == 0
    page.fill("[name=pin]", "1111")
    steps.press(page, page.locator("form[action$='/release'] button[type=submit]"))
    assert "/h/" in page.url
    steps.take_back(page)
    page.goto(handed)
    assert page.locator("canvas, [name=q_overall]").count() == 0


COVERED = """() => {
  scrollTo(0, 0);
  const [box, bar] = ['canvas', '.dock'].map((name) => document.querySelector(name).getBoundingClientRect());
  return bar.top < box.bottom && bar.bottom > box.top;
}"""


def test_ink_survives_rotation_and_a_blank_box_is_refused(server: Server, open_page: Open, tmp_path: Path) -> None:
    page = open_page(server.url)
    sign_in(page, "zhang")
    visit = visits_by_state(page)["finished"]
    steps.hand_over(page, visit, "zh_Hans")
    steps.read_and_answer(page)
    steps.pick(page, "agree")
    steps.hit(page, page.locator("button[form=signature]"))
    page.wait_for_timeout(500)
    assert page.locator("canvas").count() == 1
    page.set_viewport_size({"width": 360, "height": 520})
    assert not page.evaluate(COVERED), "the bar of buttons lies over the box"
    page.set_viewport_size({"width": 360, "height": 740})
    steps.draw(page)
    before = inked(page)
    page.set_viewport_size({"width": 740, "height": 360})
    page.wait_for_timeout(400)
    page.set_viewport_size({"width": 360, "height": 740})
    page.wait_for_timeout(400)
    assert before > 200
    assert inked(page) > before * 0.7
    if not page.is_checked("[name=agree]"):
        steps.pick(page, "agree")
    steps.press(page, page.locator("button[form=signature]"))
    assert page.locator("[name=pin]").count() == 1


def inked(page: Any) -> int:
    """How many pixels of the signature box carry ink."""
    script = """() => { const c = document.querySelector('canvas'), copy = document.createElement('canvas');
        [copy.width, copy.height] = [c.width, c.height];
        const pen = copy.getContext('2d', {willReadFrequently: true}); pen.drawImage(c, 0, 0);
        const d = pen.getImageData(0, 0, c.width, c.height).data;
        let n = 0; for (let i = 3; i < d.length; i += 4) if (d[i] > 40) n++; return n; }"""
    return int(page.evaluate(script))
