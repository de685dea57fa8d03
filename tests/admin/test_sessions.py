"""Who is signed in where; a lost phone is out at once."""

from typing import Any

import pytest

from portal.accounts import rules
from portal.accounts.models import Person, SignIn
from portal.db import db
from portal.history import HistoryEntry


@pytest.mark.parametrize("who", ["zhao", "admin"])
def test_a_lost_phone_is_signed_out_at_its_next_request(world: Any, sign_in: Any, who: str) -> None:
    phone, laptop, other = sign_in("zhang"), sign_in("zhang", "laptop"), sign_in("li")
    boss = sign_in(who, "laptop")
    link = next(a for a in boss.get("/admin/sessions?person=zhang").all("a.btn") if "lost-phone" in str(a["href"]))
    assert boss.get(str(link["href"])).status == 200
    assert phone.get("/visits").status == 200, "asking changes nothing"
    assert boss.follow(boss.post(str(link["href"]))).status == 200
    assert phone.get("/visits").location.startswith("/login")
    sent = phone.post("/visits/00000000-0000-4000-8000-000000000001/departure", outbox=True)
    assert (sent.status, sent.json["state"]) == (401, "signed_out")
    assert laptop.get("/visits").status == 200 and other.get("/visits").status == 200
    entry = db.session.query(HistoryEntry).filter_by(verb="lose_phone").one()
    assert (entry.person_id, entry.details["sessions"]) == (world.person(who).id, 1)
    assert entry.subject_id == str(world.person("zhang").id)


@pytest.mark.parametrize("who", ["zhao", "admin"])
def test_somebody_elses_computers_are_signed_out_without_a_new_password(world: Any, sign_in: Any, who: str) -> None:
    phone, laptop, other = sign_in("sun"), sign_in("sun", "laptop"), sign_in("li", "laptop")
    boss = sign_in(who, "laptop")
    link = boss.get("/admin/sessions?person=sun&device=laptop").one("tbody a.btn")
    assert boss.get(str(link["href"])).status == 200 and laptop.get("/me").status == 200, "asking changes nothing"
    page = boss.follow(boss.post(str(link["href"])))
    assert "孙" in page.text and not boss.get("/admin/sessions?person=sun&device=laptop").all("tbody tr")
    assert laptop.get("/me").location.startswith("/login")
    assert phone.get("/me").status == other.get("/me").status == boss.get("/me").status == 200
    entry = db.session.query(HistoryEntry).filter_by(verb="sign_out_computers").one()
    assert (entry.person_id, entry.details["sessions"]) == (world.person(who).id, 1)
    assert entry.subject_id == str(world.person("sun").id)
    assert sign_in("sun", "laptop").get("/me").status == 200
    assert sign_in("sun", "laptop").post(str(link["href"])).status == 403


@pytest.mark.engine("sqlite")
def test_nobody_signs_themselves_out_of_the_computer_at_hand(world: Any, sign_in: Any) -> None:
    elsewhere, admin = sign_in("admin", "laptop"), sign_in("admin", "laptop")
    assert not admin.get("/admin/sessions?person=admin").all("tbody a.btn")
    assert admin.post(f"/admin/people/{world.person('admin').id}/computers").status == 303
    assert admin.get("/me").status == 200 and elsewhere.get("/me").status == 303


@pytest.mark.engine("sqlite")
def test_the_list_shows_live_sessions_by_person_and_device(world: Any, sign_in: Any) -> None:
    sign_in("zhang"), sign_in("li", "laptop")
    admin = sign_in("admin", "laptop")
    page = admin.get("/admin/sessions")
    assert {"张演示", "李示例", "管理员"} <= set(page.one("tbody").get_text("|", strip=True).split("|"))
    assert "Chrome, Android" in page.text and "Mozilla" not in page.text
    assert len(admin.get("/admin/sessions?device=phone").all("tbody tr")) == 1
    assert len(admin.get("/admin/sessions?person=li").all("tbody tr")) == 1
    assert admin.get("/admin/sessions?person=sun").all("tbody tr") == []


@pytest.mark.engine("sqlite")
def test_own_sessions_are_seen_and_each_other_one_can_be_ended(world: Any, sign_in: Any) -> None:
    phone, laptop = sign_in("sun"), sign_in("sun", "laptop")
    page = laptop.get("/me/sessions")
    assert len(page.all("[data-session]")) == 2 and len(page.all("main .verb")) == 1
    assert laptop.follow(laptop.post(str(page.one("main .verb")["action"]))).all("main .verb") == []
    assert phone.get("/me").status == 303 and laptop.get("/me").status == 200


def test_the_pin_gives_the_session_a_new_id(world: Any, sign_in: Any) -> None:
    person = sign_in("sun")
    old = person.client.get_cookie("session").value
    assert person.post("/unlock", {"pin": "2468"}).status == 303
    assert person.client.get_cookie("session").value != old and person.get("/me").status == 200
    thief = sign_in()
    thief.client.set_cookie("session", old)
    assert thief.get("/me").status == 303
    assert db.session.query(SignIn).join(Person).filter(Person.username == "sun").count() == 1


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/131.0 Mobile Safari/537.36 MicroMessenger/8.0", "WeChat, Android"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0 Safari/537.36 Edg/131.0", "Edge, Windows"),
        ("curl/8.0", ""),
    ],
)
def test_browsers_have_plain_names(agent: str, words: str) -> None:
    assert rules.browser_of(agent) == words


@pytest.mark.parametrize(
    "text", ["123456789012", "qwertyuiop12", "Password2026!", "aaaaaaaaaaaa", "zhang-zhang-1", "1q2w3e4r5t6y"]
)
def test_what_is_tried_first_is_no_password(text: str) -> None:
    assert rules.is_password(text) and rules.is_guessable(text, "zhang")


@pytest.mark.parametrize(
    "text", ["seven blue herons", "蓝鹭七只站在正午的水边上呢", "k7mq-x2vd-9hjt-w4ep", "admiral's password hat"]
)
def test_a_few_words_that_do_not_belong_together_are_one(text: str) -> None:
    assert rules.is_password(text) and not rules.is_guessable(text, "zhang")
