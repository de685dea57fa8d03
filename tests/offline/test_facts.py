"""Without signal the phone reckons as the server does: the same forms lead to the same facts."""

import json
import os
import subprocess
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import playwright
import pytest

from portal.calls.models import Visit
from portal.calls.operations import add_member
from portal.customers.models import CodeValue
from portal.db import db
from portal.stock import tools
from portal.stock.tools import rules as rules_of_tools
from portal.stock.tools.models import find_tool
from portal.visits import rules
from portal.visits.facts import facts_of
from portal.visits.views.base import verbs_of
from tests.offline.sequences import Day, at
from tests.stock.tools import new_tool

NODE = Path(playwright.__file__).parent / "driver" / "node"
RECKON = Path(__file__).parent / "reckon.mjs"
DAYS = 2000 if os.environ.get("PORTAL_LONG") == "1" else 10
SEED = int(os.environ.get("PORTAL_SEED", "20261123"))
KINDS = ("travel", "work", "wait", "break")
OF_ROWS = {  # what the server knows of a row besides the phone's own
    "events": ("kind", "cause", "person", "person_name", "occurred_at"),
    "time": ("person", "person_name", "kind", "cause", "started_at", "ended_at", "reason", "stopped"),
    "parts": ("item", "quantity", "new_serial", "old_serial", "old_part", "person", "occurred_at"),
    "photos": ("label", "occurred_at"),
    "readings": ("quantity", "value", "unit", "point", "instrument", "occurred_at"),
}


@pytest.mark.engine("sqlite")
def test_the_phone_reckons_as_the_server_does(world: Any, sign_in: Any, tmp_path: Path) -> None:
    """Random days, played at the server and reckoned in node from what the phone had kept before."""
    instruments(world)
    left: list[tuple[str, str]] = []
    played = [play(world, sign_in, n, left) for n in range(DAYS)]
    for n, (day, reckoned) in enumerate(zip(played, reckon(played, tmp_path), strict=True)):
        told = f"PORTAL_SEED={SEED}, day {n}, zone {day['base']['visit']['zone']}"
        doubts = {one["entry"]: one["doubt"] for one in reckoned["facts"]["doubts"]}
        entries = [(answer, doubts.get(one["id"], ""), one) for one, answer in day["tried"]]
        found, wanted = seen(reckoned), day["wanted"]
        for name in wanted:
            assert found[name] == wanted[name], f"{told}: {name}\n" + "\n".join(map(str, entries))
        assert sorted(doubts) == day["refused"], f"{told}: refusals\n" + "\n".join(map(str, entries))


def instruments(world: Any) -> None:
    """One that needs no certificate, one that never got any, one that is calibrated again and again."""
    world.set_clock(at(1, 0))
    for number, interval in (("GJ-901", None), ("GJ-902", 12), ("GJ-904", 1)):
        new_tool(
            world, number, category="measuring", interval_months=interval, calibration_class="A" if interval else "C"
        )
    db.session.commit()


def calibrated(world: Any, random: Random, day: date) -> None:
    if random.random() < 0.4:
        tool = find_tool("GJ-904")
        assert tool is not None
        days = {"calibrated_on": day, "valid_until": day + timedelta(days=random.choice((0, 1, 40)))}
        result = random.choice(rules_of_tools.RESULTS)
        tools.calibrate(tool, certificate_no=f"J-{day}", result=result, person=world.person("qian"), **days)


def play(world: Any, sign_in: Any, n: int, left: list[tuple[str, str]]) -> dict[str, Any]:
    """One day; `left` are visits, with their last button, at which a clock may still run."""
    random = Random(f"{SEED}/{n}")
    leads = random.random() < 0.75
    world.set_clock(at(1, 0) + timedelta(days=n))
    visit = world.visit(
        "zhang" if leads else "li",
        serial=random.choice(("DF2401-0001", "DF2401-0003")),
        work_type=random.choice(("repair", "repair", "maintain")),
    )
    colleague = world.person("li" if leads else "zhang")
    if not leads or random.random() < 0.3:
        add_member(visit, colleague, person=world.person("sun"))
    other = world.visit("zhang") if random.random() < 0.4 else None
    calibrated(world, random, at(1, 0).date() + timedelta(days=n))
    db.session.commit()
    day = Day(random, sign_in("zhang"), str(visit.id), visit.zone, at(1, random.choice((0, 15))) + timedelta(days=n))
    day.colleague = str(world.person("li").id)
    day.other = str(other.id) if other else ""
    day.without = lists_without_codes(Random(f"{SEED}/{n}/lists"))
    for _turn in range(random.choice((0, 2, 4))):
        day.press()
    colleague_works(world, sign_in, day)
    base = kept(sign_in, day)
    before = len(day.entries)
    for _turn in range(random.randint(4, 9)):
        day.press()
    both = zip(day.entries[before:], day.answers[before:], strict=True)
    tried = [(one, answer) for one, answer in both if one["visit"] == day.visit or answer == 201]
    day.clock += timedelta(seconds=random.choice((1, 1799)))
    wanted = kept(sign_in, day)
    played = {
        "base": base,
        "entries": [one for one, _answer in tried],
        "until": day.clock.isoformat(),
        "tried": tried,
        "wanted": by_the_server(wanted, day.visit, day.clock, world.person("zhang")),
        "refused": sorted(one["id"] for one, answer in tried if answer != 201),
    }
    left += [(day.visit, "finish" if leads else "leaving"), *([(day.other, "finish")] if other else [])]
    if random.random() < 0.8:  # else the next day meets a clock that runs elsewhere
        go_home(day, left)
    return played


def lists_without_codes(random: Random) -> tuple[str, ...]:
    """On some days there is nothing to choose on a list or two."""
    empty = tuple(random.sample(rules.CODE_NAMES, random.choice((0, 0, 1, 2, 4))))
    for row in db.session.scalars(db.select(CodeValue)):
        row.retired_at = at(1, 0) if row.kind in empty else None
    db.session.commit()
    return empty


def go_home(day: Day, left: list[tuple[str, str]]) -> None:
    while left:
        visit, last = left.pop()
        day.send(visit, "arrival", {})
        day.send(visit, last, {})


def colleague_works(world: Any, sign_in: Any, day: Day) -> None:
    """Somebody beside the person has a clock of their own at the visit."""
    if day.random.random() < 0.3:
        theirs = Day(day.random, sign_in("li"), day.visit, day.zone, day.clock)
        for action in ("departure", "arrival", "start"):
            theirs.send(day.visit, action, {"occurred_at": theirs.written(day.clock)})


def kept(sign_in: Any, day: Day) -> dict[str, Any]:
    """What the phone keeps of the visit at this moment."""
    day.person.app.config["CLOCK"] = lambda: day.clock
    day.person = sign_in("zhang")
    facts = day.person.get(f"/offline/visits/{day.visit}").json
    day.known = {
        "part-uses": [one["id"] for one in facts["parts"]],
        "time-entries": [one["id"] for one in facts["time"] if one["person"] == facts["person"]["id"]],
        "photos": [one["id"] for one in facts["photos"]],
        "readings": [one["id"] for one in facts["readings"]],
        "tools": list(facts["catalogue"]["tools"]),
    }
    return facts


def by_the_server(facts: dict[str, Any], visit_id: str, until: datetime, person: Any) -> dict[str, Any]:
    visit = db.session.get_one(Visit, uuid.UUID(visit_id))
    found = facts_of(visit)
    first, others = verbs_of(visit, visit.state_for(person), visit.is_led_by(person))
    return {
        **rows(facts),
        "verbs": [first or None, list(others)],
        "gaps": rules.gaps(found.record),
        "times": {name: moment(value) for name, value in vars(found.times).items()},
        "minutes": [[found.minutes(kind), found.minutes(kind, until)] for kind in KINDS],
    }


def seen(reckoned: dict[str, Any]) -> dict[str, Any]:
    times = {name: moment(value) for name, value in reckoned["times"].items()}
    verbs = reckoned["verbs"]
    return {
        **rows(reckoned["facts"]),
        **{name: reckoned[name] for name in ("gaps", "minutes")},
        "times": times,
        "verbs": verbs,
    }


def rows(facts: dict[str, Any]) -> dict[str, Any]:
    lists = {name: [plain({key: row[key] for key in keys}) for row in facts[name]] for name, keys in OF_ROWS.items()}
    lists["time"].sort(key=lambda row: str(sorted(row.items(), key=str)))  # of those that begin together any is first
    found = facts["finding"]
    return {
        **lists,
        "visit": {key: facts["visit"][key] for key in ("state", "own_state", "stopped", "to_mend")},
        "finding": {key: value for key, value in found.items() if key != "waiting"} if found else None,
        "no_parts": facts["no_parts"],
        "van": {code: item["in_van"] for code, item in facts["catalogue"]["items"].items()},
    }


def plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: moment(value) if key.endswith("_at") else value for key, value in row.items()}


def moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def reckon(played: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    (folder / "days.json").write_text(
        json.dumps([{key: day[key] for key in ("base", "entries", "until")} for day in played]), "utf-8"
    )
    done = subprocess.run(
        [NODE, RECKON, folder / "days.json", folder / "reckoned.json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads((folder / "reckoned.json").read_text("utf-8"))
    return found


@pytest.mark.engine("sqlite")
def test_an_instrument_is_judged_by_the_certificate_of_the_reading(world: Any, sign_in: Any, tmp_path: Path) -> None:
    """Calibrated anew in the morning: what was measured the evening before was still without calibration."""
    world.set_clock(at(3, 1))
    clamp, keeper = new_tool(world, "GJ-903", category="measuring", interval_months=12), world.person("qian")
    for n, (begun, ended) in enumerate((("2026-09-01", "2026-10-01"), ("2026-10-03", "2027-10-02"))):
        days = {"calibrated_on": date.fromisoformat(begun), "valid_until": date.fromisoformat(ended)}
        tools.calibrate(clamp, certificate_no=f"J-{n}", person=keeper, **days)
    visit = world.visit("zhang")
    db.session.commit()
    day = Day(Random(1), sign_in("zhang"), str(visit.id), visit.zone, at(3, 2))
    base = kept(sign_in, day)
    told = {
        "2026-08-31T12:00": (None, "overdue"),
        "2026-09-20T12:00": ("J-0", "due_soon"),
        "2026-10-02T23:59": ("J-0", "overdue"),
        "2026-10-03T00:00": ("J-1", "valid"),
    }
    for moment in told:
        day.clock += timedelta(minutes=1)
        sent = {"quantity": "current", "value": "4.8", "instrument": "GJ-903", "occurred_at": moment}
        day.send(day.visit, "readings", sent)
    assert day.answers == [201] * 4
    by_server = rows(kept(sign_in, day))["readings"]
    found = [(one["instrument"]["certificate_no"], one["instrument"]["calibration"]) for one in by_server]
    assert found == list(told.values())
    played = {"base": base, "entries": day.entries, "until": day.clock.isoformat()}
    assert rows(reckon([played], tmp_path)[0]["facts"])["readings"] == by_server


@pytest.mark.engine("sqlite")
def test_only_who_works_at_a_visit_keeps_its_facts(world: Any, sign_in: Any) -> None:
    """Neither another technician, nor a supervisor who may read the visit, but has no work to record there."""
    visit = world.visit("zhang")
    address = f"/offline/visits/{visit.id}"
    assert sign_in("zhang").get(address).json["visit"]["number"] == visit.number
    for username in ("li", "wu"):
        assert sign_in(username).get(address).status == 404
    assert sign_in("sun", device="laptop").get(address).status == 403


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    ("unit", "quantity", "doubts"), [("btl", "1.5", ["form"]), ("btl", "2,0", []), ("l", "1.5", [])]
)
def test_the_phone_counts_pieces_as_the_server_does(
    world: Any, sign_in: Any, tmp_path: Path, unit: str, quantity: str, doubts: list[str]
) -> None:
    visit = world.visit("zhang")
    world.item("TM-OIL-100").unit = unit
    db.session.commit()
    zhang = sign_in("zhang")
    base = zhang.get(f"/offline/visits/{visit.id}").json
    when, fields = datetime.now(UTC).isoformat(), [["item", "TM-OIL-100"], ["quantity", quantity]]
    entry = {
        "id": "1",
        "visit": str(visit.id),
        "action": "part-uses",
        "fields": fields,
        "created_at": when,
        "files": [],
    }
    (reckoned,) = reckon([{"base": base, "entries": [entry], "until": when}], tmp_path)
    assert [one["doubt"] for one in reckoned["facts"]["doubts"]] == doubts
    sent = zhang.post(f"/visits/{visit.id}/part-uses", dict(fields), outbox=True)
    assert sent.status == (422 if doubts else 201)


@pytest.mark.engine("sqlite")
def test_the_facts_offer_what_the_forms_offer(world: Any, sign_in: Any) -> None:
    """Parts of the van and usual ones, codes of the unit's family, in all languages."""
    catalogue = sign_in("zhang").get(f"/offline/visits/{world.visit('zhang').id}").json["catalogue"]
    belt = catalogue["items"]["TM-BELT-1300"]
    assert (belt["in_van"], belt["list_price"], belt["old_part"]) == ("3", "260", "none")
    assert belt["unit"]["en"] == "pc"
    assert "TM-KEY" not in catalogue["items"]
    assert catalogue["codes"]["symptom"]["TM-S07"]["en"] == "Abnormal noise"
