"""One journey of a phone: sun mode and the left hand at a tap each, a part by photo, a serial number by the browser's
own reader, and the camera off again."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser import steps
from tests.browser.conftest import Open, sign_in
from tests.browser.test_pages import inspect, visits_by_state
from tests.servers import Server
from tests.visits.test_scan_pages import photo_of

# Chromium on Linux has no BarcodeDetector and no camera: these stand for the platform, our code is untouched.
PLATFORM = """
window.BarcodeDetector = class { async detect() { return [{ rawValue: 'SN-4711' }]; } };
navigator.mediaDevices.getUserMedia = async () => {
  const stream = document.createElement('canvas').captureStream();
  for (const track of stream.getTracks()) {
    const stop = track.stop.bind(track);
    track.stop = () => { sessionStorage.stopped = 1; stop(); };
  }
  return stream;
};
navigator.vibrate = (ms) => { sessionStorage.vibrated = ms; return true; };
"""


def corner(page: Page, selector: str) -> float:
    """Where the middle of an element lies, from 0 (left) to 1."""
    box: Any = page.locator(selector).first.bounding_box()
    return float((box["x"] + box["width"] / 2) / page.evaluate("innerWidth"))


def test_a_phone_in_the_sun_in_the_left_hand_scans_a_part(server: Server, open_page: Open, tmp_path: Path) -> None:
    page = open_page(server.url, locale="en")
    sign_in(page, "zhang")
    visit = server.url + visits_by_state(page)["assigned"]
    primary = ".action-bar form[action$='/departure'] button"
    page.goto(visit)
    assert corner(page, primary) > 0.5 and corner(page, ".nav [href='/more']") > 0.8
    for value in ("left", "sun"):
        page.goto(f"{server.url}/more")
        steps.press(page, page.locator(f"main button[value={value}]"))
    page.goto(visit)
    assert corner(page, primary) < 0.5 and corner(page, ".nav [href='/more']") < 0.2
    problems = [problem for end in ("", "/part-uses") for problem in inspect(page, visit + end, 48)]
    assert not problems, "\n".join(problems)

    page.goto(visit)
    steps.go_and_start(page)
    page.goto(f"{visit}/part-uses")
    steps.press(page, page.locator(".heading a[data-scan]"))
    assert page.locator("[data-scanner]").is_hidden()
    sticker = tmp_path / "code.jpg"
    sticker.write_bytes(photo_of("TM-MTR-25"))
    with page.expect_navigation(url="**/part-uses?item=*"):
        page.set_input_files("#photo", sticker)
    assert page.locator("[name=item]").input_value() == "TM-MTR-25"

    page.fill("[name=quantity]", "2")
    page.add_init_script(PLATFORM)
    with page.expect_navigation(url="**/part-uses?*new_serial=SN-4711*"):
        steps.hit(page, page.locator("a[data-scan][href*='new_serial']"))
    assert page.locator("[name=new_serial]").input_value() == "SN-4711"
    assert page.locator("[name=quantity]").input_value() == "2"
    assert page.evaluate("[sessionStorage.stopped, sessionStorage.vibrated]") == ["1", "20"]
    page.fill("[name=quantity]", "1")
    steps.press(page, page.locator("#part-form button[type=submit]"))
    assert "SN-4711" in (page.locator(".lines").first.text_content() or "")
