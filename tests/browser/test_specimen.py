"""A technician draws the own signature with a finger; the browser does not keep the drawing for the next one."""

from tests.browser import steps
from tests.browser.conftest import Open, sign_in
from tests.servers import Server


def test_a_drawn_signature_replaces_the_one_before_and_stands_beside_finish(server: Server, open_page: Open) -> None:
    page = open_page(server.url)
    sign_in(page, "li")
    page.goto("/me/signature")
    before = page.locator("#present img").get_attribute("src")
    steps.draw(page)
    steps.press(page, page.locator("form[action='/me/signature'] button[type=submit]"))
    after = page.locator("main img.ink").get_attribute("src")
    assert page.url.endswith("/me") and after and after != before
    page.goto("/me/signature")
    assert page.locator("[data-strokes]").input_value() == ""
    page.locator("form[action='/me/signature'] button[type=submit]").click()
    assert page.locator("[data-blank-message]").is_visible() and page.url.endswith("/me/signature")
    page.goto("/")
    page.goto(str(page.locator("[data-state=working] a[href^='/visits/']").first.get_attribute("href")))
    assert page.locator(".stands-under img").get_attribute("src") == after


def test_without_script_the_page_asks_for_a_screen_to_draw_on(server: Server, open_page: Open) -> None:
    page = open_page(server.url, script=False)
    sign_in(page, "li")
    page.goto("/me/signature")
    assert page.locator("main .only-plain").is_visible()
    assert not page.locator("form[action='/me/signature']").is_visible()
