"""People are taken on, changed and let go; nobody raises themselves, and somebody stays in charge."""

import re
from datetime import timedelta
from typing import Any

import pytest

from portal.accounts import staff
from portal.accounts.models import Person
from portal.calls.operations import add_member
from portal.clock import now
from portal.db import db
from portal.errors import Conflict
from portal.history import HistoryEntry
from portal.permissions import Role

NEWCOMER = {"username": "neu", "name": "新人", "roles": ["technician"], "branch": "01", "language": "en"}
OFFICE = {"name": "孙测试", "branch": "01", "language": ""}
OWN = "seven blue herons at noon"


def take_on(admin: Any, **other: Any) -> tuple[Any, str]:
    page = admin.follow(admin.post("/admin/people/new", {**NEWCOMER, **other}))
    return page, str(page.one("#one-time .code").get_text(strip=True))


def details_of(verb: str) -> dict[str, Any]:
    found = db.session.query(HistoryEntry).filter_by(verb=verb).order_by(HistoryEntry.n.desc()).first()
    assert found is not None
    return dict(found.details)


def second_administrator(world: Any) -> Person:
    from portal.accounts.operations import add_person

    person = add_person("chef", "乙示例", ["admin"], world.person("sun").branch, OWN, pin="1357")
    db.session.commit()
    return person


def test_a_newcomer_signs_in_once_with_what_was_handed_out_then_with_an_own_password(world: Any, sign_in: Any) -> None:
    admin = sign_in("admin", "laptop")
    page, password = take_on(admin)
    assert re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", password)
    assert password not in admin.get(page.response.request.path).text, "it is shown once"
    neu = sign_in()
    assert neu.sign_in("neu", password).status == 303
    assert neu.get("/visits").location == "/me/password"
    assert neu.post("/visits/00000000-0000-4000-8000-000000000001/departure").location == "/me/password"
    sent = neu.post("/visits/00000000-0000-4000-8000-000000000001/departure", outbox=True)
    assert (sent.status, sent.json["state"]) == (401, "signed_out")
    assert neu.post("/me/password", {"password": password, "new_password": OWN}).status == 422, "no PIN yet"
    assert neu.post("/me/password", {"password": password, "new_password": password, "new_pin": "1357"}).status == 422
    assert neu.post("/me/password", {"password": password, "new_password": OWN, "new_pin": "1357"}).location == "/"
    assert neu.get("/visits").status == 200
    assert sign_in().sign_in("neu", password).status == 422 and sign_in().sign_in("neu", OWN).status == 303
    secrets = " ".join(str(entry.details) for entry in db.session.query(HistoryEntry))
    assert password not in secrets and OWN not in secrets


@pytest.mark.engine("sqlite")
def test_a_one_time_password_runs_out(world: Any, sign_in: Any) -> None:
    _page, password = take_on(sign_in("admin", "laptop"))
    world.set_clock(now() + timedelta(days=3, minutes=1))
    page = sign_in().sign_in("neu", password)
    assert page.status == 422 and page.errors


def test_other_roles_end_the_sessions_and_act_at_the_next_sign_in(world: Any, sign_in: Any) -> None:
    admin, sun = sign_in("admin", "laptop"), sign_in("sun", "laptop")
    address = f"/admin/people/{world.person('sun').id}"
    changed = admin.post(f"{address}/change", {**OFFICE, "roles": ["storekeeper"]})
    assert admin.follow(changed).status == 200
    assert sun.get("/calls").location.startswith("/login")
    sun.sign_in("sun")
    assert sun.get("/calls").status == 403 and sun.get("/stock").status == 200
    told = details_of("change_person")
    assert (told["roles.before"], told["roles.after"]) == ("dispatcher", "storekeeper")
    assert "name.before" not in told


@pytest.mark.engine("sqlite")
def test_a_new_name_alone_leaves_the_sessions(world: Any, sign_in: Any) -> None:
    admin, sun = sign_in("admin", "laptop"), sign_in("sun", "laptop")
    same = {"name": "孙改名", "roles": ["dispatcher"], "branch": "01", "language": "es"}
    assert admin.post(f"/admin/people/{world.person('sun').id}/change", same).status == 303
    assert sun.get("/calls").one("html")["lang"] == "es"


@pytest.mark.engine("sqlite")
def test_nobody_changes_their_own_roles_or_ends_themselves(world: Any, sign_in: Any) -> None:
    second_administrator(world)
    admin, own = sign_in("admin", "laptop"), f"/admin/people/{world.person('admin').id}"
    raised = {"name": "管理员", "roles": ["admin", "manager"], "branch": "01", "language": ""}
    assert admin.post(f"{own}/change", raised).status == 409
    assert world.person("admin").roles == {Role.ADMIN}
    for what in ("password", "pin", "end", "return"):
        assert admin.post(f"{own}/{what}").status == 409
    assert admin.get(own).status == 200 and world.person("admin").active
    assert admin.post(f"{own}/change", {**raised, "roles": ["admin"], "name": "新名"}).status == 303


def test_the_last_administrator_stays(world: Any, sign_in: Any) -> None:
    chef = second_administrator(world)
    staff.end_employment(chef, by=world.person("admin"))
    with pytest.raises(Conflict):
        staff.end_employment(world.person("admin"), by=chef)
    with pytest.raises(Conflict):
        staff.change_person(
            world.person("admin"), name="x", roles=["manager"], branch=chef.branch, locale=None, email="", by=chef
        )


def test_whoever_leaves_is_out_at_once_and_their_visits_are_listed(world: Any, sign_in: Any) -> None:
    visit, zhang, admin = world.visit(), sign_in("zhang"), sign_in("admin", "laptop")
    along = world.visit("li")
    add_member(along, world.person("zhang"), person=world.person("sun"))
    db.session.commit()
    address = f"/admin/people/{world.person('zhang').id}"
    assert admin.get(f"{address}/end").status == 200, "it asks once more"
    page = admin.follow(admin.post(f"{address}/end"))
    listed = page.one("#visits").get_text()
    assert visit.call.number in listed and along.call.number in listed
    assert zhang.get("/").location.startswith("/login") and sign_in().sign_in("zhang").status == 422
    assert admin.post(f"{address}/end").status == 409, "done already"
    assert "张演示" not in admin.get("/admin/people").text
    assert "张演示" in admin.get("/admin/people?state=left").text
    back = admin.follow(admin.post(f"{address}/return"))
    assert sign_in().sign_in("zhang", back.one("#one-time .code").get_text(strip=True)).status == 303


@pytest.mark.engine("sqlite")
def test_a_reset_ends_sessions_and_the_old_secret(world: Any, sign_in: Any) -> None:
    phone, laptop, admin = sign_in("sun"), sign_in("sun", "laptop"), sign_in("admin", "laptop")
    address = f"/admin/people/{world.person('sun').id}"
    assert admin.post(f"{address}/pin").status == 303
    assert world.person("sun").pin_hash is None
    assert phone.get("/me").status == 303 and laptop.get("/me").status == 200
    assert admin.post(f"{address}/password").status == 303
    assert laptop.get("/me").status == 303 and sign_in().sign_in("sun").status == 422


@pytest.mark.engine("sqlite")
def test_a_person_that_cannot_be_made_is_explained_and_kept_on_the_form(world: Any, sign_in: Any) -> None:
    admin = sign_in("admin", "laptop")
    assert not admin.get("/admin/people/new").all("fieldset:has([name=roles]) .optional")  # one is asked for
    for wrong in ({"username": "sun"}, {"username": "Ü !"}, {"roles": []}, {"roles": ["king"]}, {"branch": "99"}):
        page = admin.post("/admin/people/new", {**NEWCOMER, **wrong})
        assert page.status in (409, 422) and page.errors, wrong
        assert page.value("name") == "新人"
    assert db.session.query(Person).filter_by(name="新人").count() == 0


@pytest.mark.engine("sqlite")
def test_people_are_found_by_role_branch_and_name(world: Any, sign_in: Any) -> None:
    admin = sign_in("admin", "laptop")
    assert "01 · 示例山健身设备服务有限公司" in admin.get("/admin/people").one("[name=branch]").get_text()
    assert "李示例" in admin.get("/admin/people?role=technician").text
    assert "孙测试" not in admin.get("/admin/people?role=technician").one("tbody").get_text()
    assert "孙测试" in admin.get("/admin/people?q=孙&branch=01").text
    assert admin.get("/admin/people?q=nobody-of-this-name").status == 200
    assert "zhang" not in admin.get("/admin/people?after=zhao").text


def test_the_list_says_who_is_warned_on_pages_only(world: Any, sign_in: Any) -> None:
    admin = sign_in("admin", "laptop")
    named = admin.get("/admin/people").one("#unwritten").get_text()
    assert "孙测试" in named and "赵虚构" in named and "钱占位" not in named
    address = f"/admin/people/{world.person('sun').id}"
    wrong = admin.post(f"{address}/change", {**OFFICE, "roles": ["dispatcher"], "email": "sun@"})
    assert wrong.status == 422 and wrong.errors and wrong.value("email") == "sun@"
    assert (
        admin.post(f"{address}/change", {**OFFICE, "roles": ["dispatcher"], "email": "sun@example.com"}).status == 303
    )
    people = admin.get("/admin/people")
    assert "孙测试" not in people.one("#unwritten").get_text() and "sun@example.com" in people.text
    assert "sun@example.com" in admin.get(address).text
    assert details_of("change_person") == {"email.before": "", "email.after": "sun@example.com"}
