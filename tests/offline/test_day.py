"""The day that a phone keeps: its list, its pages, and what makes it an app."""

import io
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import update

from portal.accounts.models import SignIn
from portal.accounts.operations import set_pin
from portal.accounts.staff import reset_pin
from portal.calls.operations import cancel_visit, hand_on
from portal.clock import now
from portal.db import db
from portal.offline import works
from tests.test_statements import busy_day, statements
from tests.visits.steps import DIAGNOSIS, picture

ROOT = Path(__file__).parent.parent.parent
KEEP = {"X-Keep": "1"}

# Drawn by the phone from what it has now.
AGELESS = ("/offline/not-here", "/offline/outbox", "/offline/locked", "/h/offline")


def today(person: Any) -> Any:
    return person.get("/offline/today", headers=KEEP).json


def test_the_list_names_exactly_ones_own_visits(world: Any, sign_in: Any) -> None:
    own = [world.visit(), world.visit(serial="DF2401-0002")]
    other = world.visit(username="li")
    said = today(sign_in("zhang"))
    assert [visit["id"] for visit in said["visits"]] == [str(visit.id) for visit in own]
    assert said["person"] == str(world.person("zhang").id)
    assert str(other.id) not in json.dumps(said)
    first = said["visits"][0]
    assert first["address"] == own[0].call.site.address and first["customer"] == own[0].call.customer.name
    assert first["number"] == own[0].number and first["state"] == "assigned"


def test_the_page_that_asks_for_the_pin_is_for_whoever_has_one(world: Any, sign_in: Any) -> None:
    person, zhang = world.person("zhang"), sign_in("zhang")
    assert "/offline/locked" not in today(zhang)["pages"]
    assert zhang.get("/offline/locked").status == 404
    set_pin(person, "2468")
    listed = today(zhang)
    assert "/offline/locked" in listed["pages"]
    pin = json.loads(zhang.get("/offline/locked", headers=KEEP).one("#unlock")["data-pin"])
    assert pin.keys() == {"salt", "iterations", "hash", "tries", "session"} and pin["tries"] == 5
    set_pin(world.person("zhang"), "135790")
    assert today(zhang)["stamp"] != listed["stamp"], "a phone would go on asking for the old PIN"
    reset_pin(world.person("zhang"), by=world.person("admin"))
    assert "/offline/locked" not in today(sign_in("zhang"))["pages"]


def test_a_phone_that_waits_for_its_pin_does_not_count_as_used(world: Any, sign_in: Any) -> None:
    """Else a public page, opened by whoever found it, would open the kept pages too."""
    zhang = sign_in("zhang")
    assert zhang.get("/help/offline").one("html").get("data-day") is not None
    db.session.execute(update(SignIn).values(last_seen_at=now() - timedelta(minutes=16)))
    db.session.commit()
    for path in ("/help/offline", "/unlock"):
        assert zhang.get(path).one("html").get("data-day") is None
    assert zhang.get("/").status == 303


def test_every_listed_page_opens_and_says_how_old_it_is(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = busy_day(world, zhang, visits=2)
    assert zhang.post(f"{base}/photos", {"photo": (io.BytesIO(picture()), "a.jpg"), "label": "before"}).status == 303
    said = today(zhang)
    pages = [url for visit in said["visits"] for url in visit["pages"]]
    assert len(pages) >= 20
    for url in [*said["pages"], *pages]:
        page = zhang.get(url, headers=KEEP)
        assert page.status == 200, url
        kept = page.one("html")["data-kept"]
        assert kept and [line["datetime"] for line in page.all(".as-of time")] == [kept] * (url not in AGELESS)
        tokens = {field.get("value") for field in page.all("[name=csrf_token]")}
        assert tokens <= {""}, f"{url} keeps a token"
    pictures = [url for visit in said["visits"] for url in visit["pictures"]]
    assert len(pictures) == 1
    for url in [*pictures, *said["assets"]]:
        assert zhang.get(url).status == 200, url
    assert zhang.get(pages[0]).one("html")["data-kept"] == ""


def test_a_stamp_changes_with_its_own_visit_alone(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = busy_day(world, zhang, visits=2)

    def stamps() -> dict[str, str]:
        return {visit["id"]: visit["stamp"] for visit in today(zhang)["visits"]}

    before = stamps()
    assert stamps() == before
    steps: list[tuple[str, dict[str, Any]]] = [
        ("findings", DIAGNOSIS),
        ("no-parts", {}),
        ("pause", {"cause": "parts"}),
        ("part-uses", {"item": "TM-OIL-100", "quantity": "1", "old_part": "none"}),
        ("photos", {"photo": (io.BytesIO(picture()), "a.jpg"), "label": "before"}),
    ]
    for path, fields in steps:
        done = zhang.post(f"{base}/{path}", fields)
        if done.status != 303:  # parts are logged already: then it cannot be said that there are none
            continue
        after = stamps()
        changed = {visit_id for visit_id in after if after[visit_id] != before[visit_id]}
        assert changed == {base.rpartition("/")[2]}, path
        before = after


def test_what_is_over_or_given_away_leaves_the_phone(world: Any, sign_in: Any) -> None:
    stays, away, off = (world.visit() for _n in range(3))
    sun = world.person("sun")
    hand_on(away, world.person("li"), "近", sun)
    cancel_visit(off, "客户取消", person=sun)
    db.session.commit()
    assert [visit["id"] for visit in today(sign_in("zhang"))["visits"]] == [str(stays.id)]


def test_two_days_either_way_and_twenty_visits_are_kept(world: Any, sign_in: Any) -> None:
    world.set_clock(world.at(9))
    for day in range(-1, 4):
        world.visit(window_start=world.at(9) + timedelta(days=day), window_end=world.at(11) + timedelta(days=day))
    assert len(today(sign_in("zhang"))["visits"]) == 4  # the one of the third day comes later
    for _n in range(20):
        world.visit()
    visits = today(sign_in("zhang"))["visits"]
    assert len(visits) == 24
    assert sum(bool(visit["pages"]) for visit in visits) == 20
    assert all(visit["address"] for visit in visits)


@pytest.mark.engine("sqlite")
def test_the_list_needs_few_statements_however_full_the_day_is(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    busy_day(world, zhang, visits=12)
    zhang.get("/offline/today")
    with statements() as found:
        assert zhang.get("/offline/today").status == 200
    assert len(found) <= 8, found


def test_nobody_but_technicians_has_a_day(sign_in: Any) -> None:
    assert sign_in("qian").get("/offline/today").status == 403
    assert sign_in().get("/offline/today").status == 303


def test_the_worker_is_always_asked_for_anew_and_lists_only_what_there_is(sign_in: Any) -> None:
    stranger = sign_in()
    answer = stranger.get("/sw.js")
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-cache"
    assert answer.response.mimetype == "text/javascript"
    shell = json.loads(re.match(r"const SHELL = (.*);\n", answer.response.get_data(as_text=True))[1])  # type: ignore[index]
    assert any("/js/day/snapshot.js" in url for url in shell["files"]) and not any(
        "worker" in u for u in shell["files"]
    )
    for url in [*shell["files"], *shell["pages"]]:
        assert stranger.get(url).status == 200, url
    again = stranger.get("/sw.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status == 304


def test_a_switched_off_worker_removes_itself(app: Any, sign_in: Any) -> None:
    app.config["WORKER"] = False
    text = sign_in().get("/sw.js").response.get_data(as_text=True)
    assert "unregister" in text and "SHELL" not in text and "indexedDB" not in text
    assert sign_in("zhang").get("/").one("html")["data-worker"] == "off"


@pytest.mark.parametrize(("locale", "words"), [("zh_Hans", "zh-Hans"), ("es", "es")])
def test_the_portal_is_kept_like_an_app_in_the_language_of_the_page(sign_in: Any, locale: str, words: str) -> None:
    said = json.loads(sign_in().get(f"/manifest.webmanifest?locale={locale}").response.get_data(as_text=True))
    assert said["lang"] == words and said["display"] == "standalone" and said["start_url"] == "/?src=pwa"
    assert {icon["purpose"] for icon in said["icons"]} == {"any", "maskable"}
    for icon in [*said["icons"], {"src": "/icon-180.png", "sizes": "180x180"}]:
        drawn = Image.open(io.BytesIO(sign_in().get(icon["src"]).response.get_data()))
        assert f"{drawn.width}x{drawn.height}" == icon["sizes"]
    assert sign_in().get("/icon-31.png").status == 404
    page = sign_in("zhang").get("/?src=pwa")
    assert page.status == 200 and page.one("link[rel=manifest]") and page.one("link[rel=apple-touch-icon]")


def test_signing_out_clears_what_is_cached_and_never_what_is_stored(sign_in: Any) -> None:
    zhang = sign_in("zhang")
    assert zhang.open("/logout", method="POST", data={}).headers["Clear-Site-Data"] == '"cache"'


FORM = re.compile(r"ui\.(form|verb|photo_form)\((url_for\(\"(?P<endpoint>[\w.]+)\"|[\w.]+)(?P<rest>[^%}]*)")
ACTIONS = {  # forms whose address is that of their own page
    "visits/photo_removal.html": "visits.photo_removal",
    "visits/time_entry_removal.html": "visits.time_entry_removal",
}


def test_the_help_page_says_what_the_forms_do() -> None:
    """Each form that waits without signal is of an endpoint in the list, and each endpoint of the list has one."""
    waiting, online = set(), set()
    for path in sorted((ROOT / "templates").rglob("*.html")):
        name = path.relative_to(ROOT / "templates").as_posix()
        for found in FORM.finditer(path.read_text("utf-8")):
            endpoint = found["endpoint"] or ACTIONS.get(name)
            (online if "outbox=False" in found["rest"] else waiting).add(endpoint or name)
    assert waiting == works.waiting()
    assert works.online() <= online
    assert not works.waiting() & works.online()


@pytest.mark.parametrize("username", [None, "zhang"])
def test_the_help_page_is_everybodys(sign_in: Any, username: str | None) -> None:
    page = sign_in(username).get("/help/offline")
    assert page.status == 200
    assert len(page.all("main .line")) == len(works.WORKS) + len(works.NEEDS)
    if username:
        assert sign_in(username).get("/more").all("main a[href='/help/offline']")
