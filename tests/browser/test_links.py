"""A customer signs on their own phone: opens the address, answers, draws (or types, with script off), is thanked."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page

from portal.i18n import TAGS
from tests.browser import steps
from tests.browser.conftest import Open, sign_in
from tests.browser.test_pages import LONG, inspect
from tests.servers import Server

THANKS = {"zh_Hans": "谢谢", "es": "Gracias"}


def made_link(server: Server, open_page: Open, locale: str) -> tuple[str, str]:
    """The dispatcher asks for a signature under the newest report; its number, and the address that the page shows."""
    page = open_page(server.url, phone=False)
    sign_in(page, "sun")
    page.goto("/reports")
    number = page.locator("a[href^='/reports/FW']").first.inner_text()
    page.goto(f"/reports/{number}")
    steps.press(page, page.locator("a[href$='/links']"))
    steps.pick(page, "locale", locale)
    page.fill("[name=email]", "")
    steps.press(page, page.locator("form[action$='/links'] button[type=submit]"))
    address = page.locator("#address").inner_text().strip()
    assert page.locator("img.qr").bounding_box()
    page.locator("[data-copy]").click()
    return number, address


def read(page: Page, address: str, locale: str) -> None:
    page.goto(address)
    assert page.get_attribute("html", "lang") == TAGS[locale].replace("zh-CN", "zh-Hans")
    steps.press(page, page.locator(".action-bar a"))


def thanked(page: Page, number: str, locale: str) -> None:
    words = page.inner_text("main")
    assert number in words and THANKS[locale] in words and re.search(r"/verify/[a-z2-7]{26}", words)


@pytest.mark.parametrize("locale", ["zh_Hans", "es"] if LONG else ["es"])
def test_a_customer_draws_on_their_own_phone(server: Server, open_page: Open, locale: str) -> None:
    number, address = made_link(server, open_page, locale)
    page = open_page(server.url, locale=locale)
    problems = inspect(page, address, 48)
    read(page, address, locale)
    if "/survey" in page.url:
        answer(page)
    problems += inspect(page, page.url, 48)
    page.reload()  # the look left the text twice as large
    steps.sign(page)
    thanked(page, number, locale)
    problems += inspect(page, page.url, 48)
    page.go_back()
    page.reload()
    thanked(page, number, locale)
    assert not page.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('ink:')).length")
    assert not page.context.cookies()
    assert not problems, "\n".join(problems)


def test_a_customer_without_script_types_their_name(server: Server, open_page: Open) -> None:
    number, address = made_link(server, open_page, "zh_Hans")
    page = open_page(server.url, script=False)
    read(page, address, "zh_Hans")
    if "/survey" in page.url:
        answer(page)
    steps.sign_typed(page, "甲示例")
    thanked(page, number, "zh_Hans")


def answer(page: Page) -> None:
    for name, value in steps.ANSWERS.items():
        steps.pick(page, name, value)
    steps.press(page, page.locator("button[form=survey]"))


def test_the_pages_of_the_company_stand_every_look(server: Server, open_page: Open) -> None:
    number, _address = made_link(server, open_page, "en")
    page = open_page(server.url, phone=False, locale="en")
    sign_in(page, "zhao")
    problems: list[Any] = []
    for path in (
        f"/reports/{number}",
        f"/reports/{number}/links",
        f"/reports/{number}/copies",
        f"/reports/{number}/print",
        "/cases",
    ):
        problems += inspect(page, path)
    assert not problems, "\n".join(problems)
