"""What is kept on a device, and the places of a phone's bar."""

from typing import Any

import pytest

pytestmark = pytest.mark.engine("sqlite")


@pytest.mark.parametrize("page", ["/me", "/more"])
def test_sun_mode_and_the_thumbs_side_are_one_tap_away_and_stay_on_the_device(sign_in: Any, page: str) -> None:
    zhang = sign_in("zhang")
    before = zhang.get(page)
    assert len(before.all("main button[name=theme][value=sun]")) == 1
    assert before.one("html")["data-theme"] == "light" and before.one("html")["data-thumb"] == "right"
    assert zhang.open("/theme", method="POST", data={"theme": "sun", "next": page}).location == page
    assert zhang.open("/thumb", method="POST", data={"thumb": "left", "next": page}).location == page
    html = zhang.get(page)
    assert (html.one("html")["data-theme"], html.one("html")["data-thumb"]) == ("sun", "left")
    assert html.all("link[href*='sun.css']") and html.one("meta[name=color-scheme]")["content"] == "light"
    assert html.one("main button[name=theme][value=sun]")["aria-pressed"] == "true"
    zhang.open("/login", method="POST", data={"username": "li", "password": "demo-2026"})
    assert zhang.get(page).one("html")["data-thumb"] == "left"


def test_a_setting_that_does_not_exist_is_refused(sign_in: Any) -> None:
    for name in ("theme", "thumb"):
        assert sign_in("zhang").open(f"/{name}", method="POST", data={name: "none-such"}).status == 422
        assert sign_in().get(f"/{name}").status == 200


@pytest.mark.parametrize("username", ["zhang", "he", "qian", "admin"])
def test_a_phones_bar_has_five_places_at_most_and_more_names_the_rest(sign_in: Any, username: str) -> None:
    person = sign_in(username)
    bar = person.get("/me").all(".nav li:not(.only-wide) a")
    rest = [str(a["href"]) for a in person.get("/me").all(".nav li.only-wide a")]
    assert 1 < len(bar) <= 5 and bar[-1]["href"] == "/more"
    more = person.get("/more")
    listed = [str(a["href"]) for a in more.all("main .tasks a")]
    assert listed[: len(rest)] == rest and all(
        a.get_text().strip() and a.select("svg") for a in more.all("main .tasks a")
    )
    assert more.one(".nav [aria-current]")["href"] == "/more"
    for address in rest:
        marked = [str(a["href"]) for a in person.get(address).all(".nav [aria-current]")]
        assert marked == [address, "/more"]
