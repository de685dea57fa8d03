"""What people do in the browser, step by step, told once for all journeys."""

import math
import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page

PIN = "2468"
ANSWERS = {"q_overall": "5", "q_resolved": "yes", "q_gift": "no", "q_private_fee": "no", "q_pressured": "no"}


def press(page: Page, button: Locator) -> None:
    """Taps (or clicks) and waits for the page that follows."""
    with page.expect_navigation():
        hit(page, button)


def hit(page: Page, target: Locator) -> None:
    touch = page.context.browser is not None and page.evaluate("navigator.maxTouchPoints > 0")
    target.tap() if touch else target.click()


def pick(page: Page, name: str, value: str | None = None) -> None:
    """Taps the label of a radio or a tick."""
    field = f"[name='{name}']" + (f"[value='{value}']" if value is not None else "")
    hit(page, page.locator("label", has=page.locator(field)).first)


def open_visit(page: Page, customer: str) -> str:
    """From Today to the visit of a customer; its address."""
    page.goto("/")
    press(page, page.locator("[data-state='assigned'] a[href^='/visits/']", has_text=customer).first)
    assert re.search(r"/visits/[0-9a-f-]{36}$", page.url)
    return page.url


def go_and_start(page: Page) -> None:
    for verb, state in (("departure", "en_route"), ("arrival", "on_site"), ("start", "working")):
        press(page, page.locator(f"form[action$='/{verb}'] button[type=submit]"))
        page.wait_for_selector(f"main [data-state='{state}']")


def diagnose(page: Page, visit: str, note: str, *, script: bool = True) -> None:
    page.goto(visit)
    press(page, page.locator("a[href$='/findings']").first)
    fault = page.locator("a.part-card[href*='fault=']").first
    if not script:
        press(page, fault)  # the page comes anew, filled in
    page.fill("[name=note]", note)
    page.fill("[name=test_result]", "10 km/h, 10 min")
    if script:
        hit(page, fault)  # what was typed before stays
    assert page.input_value("[name=note]") == note and page.input_value("[name=remedy]")
    pick(page, "outcome", "fixed")
    pick(page, "nothing_left")
    press(page, page.locator("form#codes button[type=submit]"))


def log_usual_part(page: Page, visit: str) -> str:
    """Two taps from the visit: the Parts row, the card. Gives the part's number."""
    page.goto(visit)
    press(page, page.locator("a[href$='/part-uses']").first)
    card = page.locator("form:has(.part-card), form.part-card").first
    code = card.locator("[name=item]").input_value()
    hit(page, card.locator("button[type=submit]"))
    page.wait_for_selector("main form[action$='/reversal']")
    return code


def take_photo(page: Page, visit: str, folder: Path) -> None:
    file = folder / "photo.jpg"
    Image.effect_noise((2400, 1800), 40).convert("RGB").save(file, "JPEG", quality=92)
    page.goto(f"{visit}/photos")
    page.locator("input[type=file]").first.set_input_files(file)
    page.wait_for_selector("img[src*='/photos/']")


def finish(page: Page, visit: str) -> None:
    page.goto(visit)
    press(page, page.locator("form[action$='/finish'] button[type=submit]"))
    page.wait_for_selector("main [data-state='finished']")


def hand_over(page: Page, visit: str, locale: str) -> None:
    page.goto(visit)
    press(page, page.locator("a[href$='/handover']").first)
    pick(page, "locale", locale)
    if page.locator("[name=signer]").count():
        hit(page, page.locator("label", has=page.locator("[name=signer]")).first)
    press(page, page.locator("button[form=handover]"))
    assert "/h/" in page.url


def read_and_answer(page: Page) -> None:
    press(page, page.locator(".action-bar a"))
    for name, value in ANSWERS.items():
        pick(page, name, value)
    press(page, page.locator("button[form=survey]"))


def draw(page: Page) -> None:
    """A signature of two strokes with finger or mouse."""
    canvas = page.locator("canvas")
    canvas.scroll_into_view_if_needed()
    page.evaluate("document.querySelector('canvas').scrollIntoView({block: 'center'})")
    box = canvas.bounding_box()
    assert box is not None
    for start, length in ((0.12, 20), (0.5, 15)):
        x, y = box["x"] + box["width"] * start, box["y"] + box["height"] * 0.45
        page.mouse.move(x, y)
        page.mouse.down()
        for n in range(length):
            page.mouse.move(x + n * 5, y + 45 * math.sin(n / 1.5))
            page.wait_for_timeout(8)
        page.mouse.up()


def sign(page: Page) -> None:
    draw(page)
    pick(page, "agree")
    press(page, page.locator("button[form=signature]"))


def sign_typed(page: Page, name: str) -> None:
    page.locator("details", has=page.locator("[name=typed_name]")).locator("summary").click()
    page.fill("[name=typed_name]", name)
    pick(page, "agree")
    press(page, page.locator("button[form=signature]"))


def take_back(page: Page) -> None:
    page.fill("[name=pin]", PIN)
    press(page, page.locator("form[action$='/release'] button[type=submit]"))
    page.wait_for_selector("main [data-state='signed']")


def sign_out(page: Page) -> None:
    page.goto("/")
    page.locator("details.account summary").click()
    press(page, page.locator("form[action='/logout'] button"))
