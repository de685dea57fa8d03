"""The signal goes in the middle of a hand-over that the server has begun: the customer is told so, nothing of the
technician's shows, and the PIN takes the phone back, so that the customer can sign without signal."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import Open, sign_in
from tests.browser.test_day import ready
from tests.browser.test_flight_mode import all_is_sent, kept_in_the_outbox, on_the_glass, take_back
from tests.browser.test_main_job import CUSTOMER
from tests.conftest import long_form
from tests.servers import Server


def work(page: Page, visit: str, folder: Path) -> None:
    page.goto(visit)
    steps.go_and_start(page)
    steps.log_usual_part(page, visit)
    steps.diagnose(page, visit, "checked")
    steps.take_photo(page, visit, folder)
    steps.finish(page, visit)


def test_the_pin_takes_the_phone_back_without_signal(server: Server, open_page: Open) -> None:
    page = open_page(server.url, locale="en", service_workers="allow")
    sign_in(page, "zhang")
    listed = ready(page)["visits"]
    address = server.url + str(page.locator("[data-state=finished] a[href^='/visits/']").first.get_attribute("href"))
    visit = next(one for one in listed if address.endswith(one["id"]))
    steps.hand_over(page, address, "es")
    page.wait_for_load_state("networkidle")
    handed = page.url
    page.context.set_offline(True)
    for typed in (handed, address, f"{server.url}/"):
        page.goto(typed)
        expect(page.locator("#stage h1")).to_have_text("Ahora no hay señal")
        assert visit["customer"] not in page.inner_text("body")
    hotel = "**/offline/hello"
    page.context.route(hotel, lambda route: route.fulfill(body="<h1>Hotel Wi-Fi</h1>", content_type="text/html"))
    page.context.set_offline(False)
    with page.expect_response(hotel):
        page.locator("#stage [data-look]").tap()
    page.wait_for_timeout(300)
    expect(page.locator("#stage h1")).to_have_text("Ahora no hay señal")  # somebody else answered
    page.context.unroute(hotel)
    page.wait_for_url(handed.split("?")[0] + "**")  # by itself, and to the step that is due
    page.wait_for_load_state("networkidle")
    page.goto(f"{handed.split('?')[0]}/survey")
    steps.pick(page, "q_overall", "4")
    page.fill("[name=q_comment]", "half a sent")
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#stage h1")).to_have_text("Ahora no hay señal")
    page.context.set_offline(False)
    expect(page.locator("#stage")).to_have_count(0)  # by itself
    page.wait_for_load_state("networkidle")
    steps.press(page, page.locator(".action-bar a"))
    expect(page.locator("[name=q_comment]")).to_have_value("half a sent")
    assert page.is_checked("[name=q_overall][value='4']"), "begun, and not lost with the signal"
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.reload()
    take_back(page, address)
    assert "half a sent" not in str(page.evaluate("Object.values(sessionStorage)"))
    assert [one["action"] for one in kept_in_the_outbox(page)] == ["release"]
    page.goto(f"{address}/handover")
    steps.pick(page, "locale", "en")
    steps.hit(page, page.locator("button[form=handover]"))
    on_the_glass(page, "read")
    drawn = page.locator("#stage [data-slot=photos] img").first
    assert drawn.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 100, "the office has it already"
    page.context.set_offline(False)
    all_is_sent(page)
    on_the_glass(page, "read")


@long_form
def test_after_five_wrong_pins_the_password_takes_the_phone_back(server: Server, open_page: Open) -> None:
    page = open_page(server.url, locale="en", service_workers="allow")
    sign_in(page, "zhang")
    ready(page)
    address = server.url + str(page.locator("[data-state=finished] a[href^='/visits/']").first.get_attribute("href"))
    page.context.set_offline(True)
    page.goto(f"{address}/handover")
    steps.pick(page, "locale", "en")
    steps.hit(page, page.locator("button[form=handover]"))
    on_the_glass(page, "read")
    steps.hit(page, page.locator("#stage [data-go=pin]"))
    for left in range(4, -1, -1):
        page.fill("[name=pin]", "0000")
        page.locator("[name=pin]").press("Enter")
        expect(page.locator("#release .error")).to_contain_text(str(left))
    page.reload()
    on_the_glass(page, "pin")
    expect(page.locator("#release")).to_be_hidden()
    give_password(page, "demo-2026")
    expect(page.locator("#by-password .error")).to_contain_text("needs a connection")
    page.context.set_offline(False)
    give_password(page, "not the password")
    expect(page.locator("#by-password .error")).to_contain_text("not right")
    on_the_glass(page, "pin")
    give_password(page, "demo-2026")
    page.wait_for_url(address)
    all_is_sent(page)
    page.goto("/")
    expect(page.locator("main article").first).to_be_visible()  # the technician's own pages again


def give_password(page: Page, password: str) -> None:
    page.fill("#by-password [name=username]", "zhang")
    page.fill("#by-password [name=password]", password)
    page.locator("#by-password [name=password]").press("Enter")


@long_form
def test_work_that_was_sent_counts_though_the_kept_pages_are_older(
    server: Server, open_page: Open, tmp_path: Path
) -> None:
    """From the first step to the last all is sent at once; then the signal goes, before the day was fetched anew."""
    page = open_page(server.url, locale="en", service_workers="allow")
    sign_in(page, "zhang")
    visit = next(one for one in ready(page)["visits"] if one["pages"] and CUSTOMER in one["customer"])
    address = f"{server.url}/visits/{visit['id']}"
    page.context.route("**/offline/visits/**", lambda route: route.abort())  # what is kept stays as old as it is
    work(page, address, tmp_path)
    assert not kept_in_the_outbox(page)
    page.context.set_offline(True)
    page.goto(address)
    expect(page.locator("p.row[data-state='finished']")).to_be_visible()
    page.goto(f"{address}/handover")
    steps.pick(page, "locale", "en")
    steps.hit(page, page.locator("button[form=handover]"))
    on_the_glass(page, "read")
    assert "10 km/h, 10 min" in page.inner_text("#stage") and page.locator("#stage [data-slot=parts] li").count() == 1
