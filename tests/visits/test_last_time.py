"""What the last visit and the last twelve months teach: one tap fills the form, cards say why they stand there."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from portal import jobs
from portal.calls.models import Visit
from portal.clock import now
from portal.db import db
from portal.visits.habits import PartHabit, learn
from portal.visits.models import part_uses
from portal.visits.operations import log_part_use, reverse_part_use, save_findings
from portal.visits.usual import Usual, ranked
from portal.worker import Worker
from tests.visits.steps import DIAGNOSIS


def past(world: Any, serial: str, days: int, parts: dict[str, int] | None = None, **finding: Any) -> Visit:
    """An ended visit of so many days ago."""
    start = now() - timedelta(days=days)
    visit = world.visit(serial=serial, window_start=start, window_end=start + timedelta(hours=1))
    zhang = world.person("zhang")
    save_findings(visit, person=zhang, **{**DIAGNOSIS, **finding})
    for code, quantity in (parts or {}).items():
        log_part_use(visit, item=code, quantity=Decimal(quantity), old_part="none", person=zhang)
    visit.state = "approved"
    db.session.commit()
    return visit


def test_one_tap_fills_what_the_last_visit_to_the_unit_found_and_saves_nothing(world: Any, sign_in: Any) -> None:
    past(world, "DF2401-0001", 90, symptom="TM-S07", note="更早一次")
    past(world, "DF2401-0001", 20, note="跑带太松", error_code="E02")
    zhang, base = sign_in("zhang"), f"/visits/{world.visit().id}"
    card = next(a for a in zhang.get(f"{base}/findings").all("a.part-card") if "last=" in str(a["href"]))
    page = zhang.get(str(card["href"]).split("#")[0])
    assert {name: page.value(name) for name in ("symptom", "cause", "remedy", "error_code", "note")} == {
        "symptom": "TM-S03", "cause": "C01", "remedy": "A03", "error_code": "E02", "note": "跑带太松",
    }  # fmt: skip
    assert page.value("outcome") == "" and page.value("test_result") == ""  # true of one visit only
    assert zhang.get(f"{base}/findings").value("note") == ""


def test_another_unit_helps_only_with_the_same_symptom_and_without_its_customers_words(
    world: Any, sign_in: Any
) -> None:
    past(world, "DF2401-0003", 20, {"TM-OIL-100": 2}, note="Sra. Prueba lo vio")
    learn()
    db.session.commit()
    zhang, base = sign_in("zhang"), f"/visits/{world.visit().id}"
    assert "last=" not in str(zhang.get(f"{base}/findings").soup)
    assert zhang.post(f"{base}/findings", {"symptom": "TM-S03"}).status == 303
    page = zhang.get(f"{base}/findings?last=1")
    assert page.value("remedy") == "A03" and page.value("note") == ""
    assert "同型号另一台设备" in page.text
    parts = zhang.get(f"{base}/part-uses")
    assert "那次用了 2" in parts.text
    cards = [form.select_one("[name=item]")["value"] for form in parts.all("form.verb") if form.select("[name=item]")]
    assert cards.count("TM-OIL-100") == 1 and cards[0] == "TM-OIL-100"


def test_parts_of_last_time_are_logged_as_they_were_at_one_tap(world: Any, sign_in: Any) -> None:
    visit = past(world, "DF2401-0001", 20, {"TM-OIL-100": 3, "TM-KEY": 1})
    key = next(use for use in part_uses(visit) if use.item.code == "TM-KEY")
    visit.state = "working"
    reverse_part_use(visit, key, reason="记错", person=world.person("zhang"))
    visit.state = "approved"
    db.session.commit()
    zhang, base = sign_in("zhang"), f"/visits/{world.visit().id}"
    card = zhang.get(f"{base}/part-uses").all("section form.verb")[0]
    sent = {str(field["name"]): str(field["value"]) for field in card.select("input[name]")}
    assert (sent["item"], sent["quantity"]) == ("TM-OIL-100", "3")
    assert zhang.post(f"{base}/part-uses", {k: sent[k] for k in ("item", "quantity", "old_part")}).status == 303
    assert "TM-KEY" not in [form.get("value") for form in zhang.get(f"{base}/part-uses").all("[name=item]")]


def test_usual_parts_are_learned_from_ended_visits_of_a_year(world: Any, sign_in: Any) -> None:
    for days in (30, 60, 90):
        past(world, "DF2401-0002", days, {"TM-KEY": 1})
    past(world, "DF2401-0002", 400, {"TM-BELT-1300": 1})
    learn()
    db.session.commit()
    page = sign_in("zhang").get(f"/visits/{world.visit().id}/part-uses")
    key = next(card for card in page.all(".part-card") if "TM-KEY" in card.get_text())
    belt = next(card for card in page.all(".part-card") if "TM-BELT-1300" in card.get_text())
    assert "近 12 个月有 3 次上门用到" in key.get_text() and "目录常用件" in belt.get_text()


def test_the_rule_puts_the_symptom_before_the_product_and_forgets_nothing_of_the_catalogue() -> None:
    found = ranked(["belt", "oil"], [("oil", 9), ("motor", 5), ("key", 2)], [("motor", 4), ("oil", 3)])
    assert found == [Usual("motor", "symptom", 4), Usual("oil", "symptom", 3), Usual("belt", "catalogue")]
    assert ranked(["belt"], [("oil", 9), ("key", 2)], []) == [Usual("oil", "product", 9), Usual("belt", "catalogue")]
    many = ranked(["belt"], [(f"part-{n:02}", 50 - n) for n in range(20)], [])
    assert len(many) == 9 and many[-1].item == "belt"


def test_the_daily_job_learns_anew_each_time(app: Any, world: Any) -> None:
    past(world, "DF2401-0001", 3, {"TM-KEY": 1})
    for day in ("1", "2"):
        jobs.enqueue("habits", key=day)
        db.session.commit()
        assert Worker(app).drain() == {"done": 1}
        assert {(*row,) for row in db.session.execute(select(PartHabit.symptom, PartHabit.visits))} == {
            ("", 1),
            ("TM-S03", 1),
        }
        db.session.commit()
