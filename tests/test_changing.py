"""Two people who change the same record at once: the second is told, sees both states, and loses nothing typed."""

import threading
from typing import Any

import pytest
from flask import Flask

from portal.db import db
from portal.stock import tools
from portal.stock.tools.models import find_tool
from tests.stock.tools import new_tool


def opened(page: Any) -> dict[str, Any]:
    """What the form would send as it was opened."""
    fields: dict[str, Any] = {}
    for field in page.all("main form [name]"):
        name = str(field["name"])
        if name in ("csrf_token", "entry_id"):
            continue
        if field.get("type") == "checkbox":
            fields.setdefault(name, [])
            fields[name] += [str(field["value"])] if field.has_attr("checked") else []
        else:
            fields[name] = page.value(name)
    return fields


def places(world: Any) -> dict[str, tuple[str, str, dict[str, str], dict[str, str]]]:
    """record: (who, address of its form, what the first one changes, what the second one does)."""
    site, unit = world.site(), world.equipment()
    new_tool(world, "GJ-9", category="special")
    db.session.commit()
    customer = f"/customers/{site.customer_id}"
    return {
        "customer": ("sun", f"{customer}/edit", {"name": "甲改"}, {"name": "乙改"}),
        "site": ("sun", f"{customer}/sites/{site.id}", {"hazards": "有狗"}, {"hazards": "地滑"}),
        "contact": ("sun", f"{customer}/contacts/{site.contacts[0].id}", {"phone": "10001"}, {"phone": "10002"}),
        "unit": ("sun", f"/equipment/{unit.id}/edit", {"location": "一楼"}, {"location": "二楼"}),
        "tool": ("qian", "/tools/GJ-9/corrections", {"note": "借出慢还"}, {"note": "手柄松"}),
        "person": ("admin", f"/admin/people/{world.person('sun').id}/change", {"name": "孙甲"}, {"name": "孙乙"}),
    }


@pytest.mark.parametrize("record", ["customer", "site", "contact", "unit", "tool", "person"])
def test_the_second_one_sees_both_states_and_decides(world: Any, sign_in: Any, record: str) -> None:
    username, address, first, second = places(world)[record]
    one, other = sign_in(username, "laptop"), sign_in(username, "laptop")
    early, late = opened(one.get(address)), opened(other.get(address))
    assert one.post(address, early | first).status == 303

    (name,), (theirs,), (own,) = first, first.values(), second.values()
    told = other.post(address, late | second)
    assert told.status == 409 and told.errors
    (line,) = told.all("#meanwhile tbody tr")
    assert [cell.get_text(strip=True) for cell in line.select("td")] == [theirs, own]
    assert told.value(name) == own, "what was typed stays"
    assert other.get(address).value(name) == theirs, "and nothing was taken"

    decided = other.post(address, opened(told))
    assert decided.status == 303
    assert other.get(address).value(name) == own
    assert one.post(address, early | first).status == 409, "the first form is old now"


@pytest.mark.engine("sqlite")
def test_the_notice_names_who_saved_last_and_a_form_of_the_same_values_passes(world: Any, sign_in: Any) -> None:
    _who, address, first, second = places(world)["customer"]
    sun, zhao = sign_in("sun", "laptop"), sign_in("zhao", "laptop")
    late = opened(sun.get(address))
    assert zhao.post(address, opened(zhao.get(address)) | first).status == 303
    assert "赵虚构" in sun.post(address, late | second).one("#meanwhile").get_text()
    same = sun.post(address, late | first)
    assert same.status == 409 and not same.all("#meanwhile tbody tr")


@pytest.mark.engine("sqlite")
def test_a_version_that_nobody_gave_out_is_no_way_round(world: Any, sign_in: Any) -> None:
    _who, address, _first, second = places(world)["tool"]
    qian = sign_in("qian", "laptop")
    fields = opened(qian.get(address))
    for odd in ("x", "0" * 500, "\x00", "版本"):
        page = qian.post(address, fields | second | {"version": odd})
        assert page.status in (303, 409), odd
    found = find_tool("GJ-9")
    assert found is not None and tools.standing(found)["note"] in ("", "手柄松")


@pytest.mark.parametrize("record", ["customer", "tool", "person"])
def test_of_two_in_the_same_moment_one_is_told(app: Flask, world: Any, sign_in: Any, record: str) -> None:
    username, address, first, second = places(world)[record]
    person = sign_in(username, "laptop")
    fields, token = opened(person.get(address)), person.token()
    cookie = person.client.get_cookie("session").value
    db.session.commit()
    answers: list[int] = []

    def send(change: dict[str, str], entry: str) -> None:
        client = app.test_client()
        client.set_cookie("session", cookie)
        sent = fields | change | {"csrf_token": token, "entry_id": entry}
        answers.append(client.post(address, data=sent, headers={"User-Agent": person.agent}).status_code)

    entries = [f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2)]
    threads = [threading.Thread(target=send, args=pair) for pair in zip((first, second), entries, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 409]
