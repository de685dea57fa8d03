"""How many SQL statements a page may need: the number does not grow with its rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from portal.db import db

pytestmark = pytest.mark.engine("sqlite")


@contextmanager
def statements() -> Iterator[list[str]]:
    found: list[str] = []

    def keep(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE")):
            found.append(statement)

    event.listen(db.engine, "before_cursor_execute", keep)
    yield found
    event.remove(db.engine, "before_cursor_execute", keep)


def busy_day(world: Any, person: Any, visits: int = 6) -> str:
    """Several visits of today; on the first of them work has begun and parts were used."""
    found = [world.visit(serial=f"DF2401-000{1 + n % 2}") for n in range(visits)]
    base = f"/visits/{found[0].id}"
    for verb in ("departure", "arrival", "start"):
        assert person.post(f"{base}/{verb}").status == 303
    for item in ("TM-OIL-100", "TM-BELT-1300", "TM-OIL-100"):
        used = person.post(f"{base}/part-uses", {"item": item, "quantity": "1", "old_part": "none"})
        assert used.status == 303, used.errors
    assert person.post(f"{base}/findings", {"note": "听到异响", "symptom": "TM-S03"}).status == 303
    return base


@pytest.mark.parametrize(
    ("username", "path", "most"),
    [
        ("zhang", "/", 8),
        ("zhang", "{visit}", 10),
        ("zhang", "/offline{visit}", 20),
        ("zhang", "{visit}/part-uses", 10),
        ("zhang", "{visit}/findings", 12),
        ("zhang", "{visit}/readings", 12),
        ("zhang", "/van", 8),
        ("sun", "/calls", 8),
        ("sun", "/visits", 8),
        ("zhao", "/review", 12),
        ("he", "/oversight", 8),
        ("zhao", "/held", 8),
        ("zhao", "/held?state=decided", 8),
        ("zhang", "/me/signature", 8),
        ("qian", "/stock", 8),
        ("qian", "/stock/movements", 8),
        ("qian", "/stock/items/TM-OIL-100", 8),
        ("qian", "/tools", 8),
        ("admin", "/jobs", 8),
        ("sun", "/customers", 8),
        ("sun", "/customers?q=虛構", 8),
        ("sun", "/equipment?q=df24010001", 8),
        ("sun", "/calls?q=跑带", 8),
        ("sun", "/calls/new?q=虛構", 12),
        ("zhao", "/reports?q=虛構", 8),
        ("zhao", "/cases?q=虛構", 8),
        ("sun", "/equipment", 8),
        ("zhao", "{customer}", 13),
        ("zhao", "{unit}", 13),
        ("zhang", "{unit}", 12),
        ("zhang", "{customer}", 13),
        ("sun", "/search?q=跑带 0001", 4),
        ("zhang", "/search?q=跑带", 4),
        ("sun", "/search", 4),
        ("admin", "/admin", 2),
        ("admin", "/admin/people", 6),
        ("admin", "/admin/sessions", 6),
        ("zhao", "/offline/phones", 6),
        ("he", "/admin/history", 8),
        ("he", "/admin/settings", 4),
        ("he", "/admin/codes/fault", 8),
        ("he", "/admin/codes/symptom", 6),
    ],
)
def test_a_page_needs_few_statements_however_full_it_is(
    world: Any, sign_in: Any, username: str, path: str, most: int
) -> None:
    base = busy_day(world, sign_in("zhang"))
    person = sign_in(username, "phone" if username == "zhang" else "laptop")
    unit = world.equipment()
    files = {"unit": f"/equipment/{unit.id}", "customer": f"/customers/{unit.site.customer_id}"}
    with statements() as found:
        assert person.get(path.format(visit=base, **files)).status == 200
    assert len(found) <= most, "\n".join(found)


@pytest.mark.parametrize(
    ("verb", "fields"),
    [
        ("part-uses", {"item": "TM-OIL-100", "quantity": "1", "old_part": "none"}),
        ("findings", {"note": "再听一次"}),
        ("pause", {"cause": "customer"}),
    ],
)
def test_an_entry_needs_few_statements(world: Any, sign_in: Any, verb: str, fields: dict[str, str]) -> None:
    zhang = sign_in("zhang")
    base, token = busy_day(world, zhang), zhang.token()
    with statements() as found:
        assert zhang.post(f"{base}/{verb}", fields, token=token).status == 303
    assert len(found) <= 14, "\n".join(found)
