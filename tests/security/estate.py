"""Two sets of every record that an address can name: one is zhang's and the gym's, the other li's and the hotel's.

`VALUES` says how an argument of an address is filled. A route with an argument that is not there fails the tests.
"""

import json
from base64 import b64encode
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from portal import clock, jobs
from portal.accounts import calendar as feeds
from portal.calls.models import Repeat, Visit
from portal.customers import operations as customers
from portal.customers.models import KnownFault
from portal.customers.stops import all_standing
from portal.db import db
from portal.importing import operations as importing
from portal.offline.rescue import load as load_rescue
from portal.receipts import HeldEntry
from portal.records.models import Merge
from portal.records.operations.bulk import keep_run
from portal.records.operations.merging import merge
from portal.records.operations.papers import add_paper
from portal.records.operations.saving import save_view
from portal.reports import operations as reports
from portal.reports.models import Report
from portal.reports.operations.signing import Mark
from portal.stock import tools
from portal.visits import operations as visits
from portal.visits.models import live_part_uses, live_photos, live_readings, live_time_entries
from portal.worker import Worker
from tests.importing.sheets import csv_bytes
from tests.importing.sheets import customers as customer_rows
from tests.reports.steps import ANSWERS, INK, SIGNER, finished, session_of
from tests.stock.tools import new_tool
from tests.visits.steps import DIAGNOSIS, picture


@dataclass
class Estate:
    """The records of one technician and one customer, and what stands about them."""

    values: dict[str, Any]
    special: dict[str, dict[str, Any]]

    def arguments(self, endpoint: str, names: set[str]) -> dict[str, Any]:
        """Raises KeyError for an argument that nobody has put into the table."""
        mine = {**self.values, **self.special.get(endpoint.split(".")[0], {}), **self.special.get(endpoint, {})}
        return {name: mine[f"{endpoint}:{name}"] if f"{endpoint}:{name}" in mine else mine[name] for name in names}


def build(world: Any, username: str, serial: str, number: str, kind: str) -> Estate:
    """Fills the company with one estate; committed."""
    person, keeper, unit = world.person(username), world.person("qian"), world.equipment(serial)
    plan = {"username": username, "serial": serial}
    closed = seal(world, finished(world, earlier=6, **plan), username)
    ready = finished(world, earlier=4, **plan)
    unsigned = finished(world, earlier=2, **plan)
    away = finished(world, earlier=8, **plan)
    given = reports.hand_over(away, **SIGNER, person=person, session=session_of(world, username))
    refused = reports.end_unsigned(unsigned, absence="refused", reason="不肯签", photo=picture(), person=person)
    tool = tool_of(world, number, person, keeper)
    busy = at_work(world, number, person, plan)
    stop = next(one for one in all_standing() if one.equipment_id == unit.id)
    site = unit.site
    paper = add_paper(unit, kind="warranty_card", title="保修卡", file=picture(), person=world.person("sun"))
    link = reports.issue_link(
        refused, signer_name="甲", signer_role="employee", locale="en", email="", person=world.person("sun")
    )
    copy = reports.issue_copy(closed, locale="en", email="a@example.com", person=world.person("sun"))
    case = reports.open_dispute(copy, words="不是我签的")
    db.session.flush()
    session = session_of(world, username)
    waits = hold(busy, person)
    feed = feeds.make_feed(person)
    values = {
        "visit_id": busy.id, "customer_id": site.customer_id, "site_id": site.id, "contact_id": site.contacts[0].id,
        "unit_id": unit.id, "paper_id": paper.id, "case_id": case.id, "stop_id": stop.id, "link_id": link.id,
        "repeat_id": db.session.scalars(select(Repeat.id).where(Repeat.visit_id == busy.id)).first(),
        "session_id": session.id, "secret": feeds.secret_of(feed), "person_id": person.id,
        "digest": live_photos(closed.visit)[0].digest, "photo_id": live_photos(busy)[0].id,
        "use_id": live_part_uses(busy)[0].id, "reading_id": live_readings(busy)[0].id,
        "entry_id": live_time_entries(busy)[0].id, "held_id": waits.id, "rescue_id": waits.rescue_id, "n": 0,
        "version": "0", "sha256": "0" * 64,
    }  # fmt: skip
    special = {
        "calls": {"number": busy.call.number},
        "device.picture": {"name": "192"},
        "tools": {"number": number, "calibration_id": tool["calibration"], "report_id": tool["report"], "n": tool["n"]},
        "reports": {"number": closed.number, "visit_id": ready.id},
        "reports.links": {"number": refused.number},
        "reports.link": {"number": refused.number},
        "reports.revoke_link": {"number": refused.number},
        "reports.draft": {"visit_id": ready.id},
        "copy": {"token": reports.link_token(copy.id)},
        "link": {"token": reports.link_token(link.id)},
        "verify": {"token": reports.verify_token(closed.number, closed.revision)},
        "handover": {"token": given.token},
    }
    db.session.commit()
    return Estate(values | company(world, kind), special)


def company(world: Any, kind: str) -> dict[str, Any]:
    """What belongs to nobody in the field: an import, a view, a merged customer, a job, words and places."""
    zhao = world.person("zhao")
    rows = customer_rows(3) if kind == "customers" else [["编码", "名称", "单位"], ["X-1", "螺钉", "pc"]]
    sent = importing.send_file(kind, "名单.csv", csv_bytes(rows), person=zhao)
    importing.read_later(sent)
    view = save_view("calls", name=f"未结-{kind}", query="state=open", shared=False, role="", person=zhao)
    run = keep_run("reports", "approval", "", [["R-1", "/reports", True, ""]], zhao)
    kept = customers.add_customer("虚构甲")
    gone, other = customers.add_customer("虚构甲店"), customers.add_customer("虚构乙")
    merge(gone, kept, "同一家", person=zhao)
    done = db.session.scalars(select(Merge).where(Merge.gone_id == gone.id)).one()
    unit = customers.add_equipment(world.site(), world.product(), f"DF-{kind}")
    job = jobs.enqueue("mail", key=f"mail:{kind}")
    db.session.commit()
    Worker(world.app).drain()
    db.session.expire_all()
    return {
        "import_id": sent.id, "view_id": view.id, "run_id": run.id, "merge_id": done.id, "job_id": job.id,
        "records.merge_customers:customer_id": kept.id, "records.merge_customers:other_id": other.id,
        "records.merge_units:other_id": unit.id, "listing": "calls", "ending": "csv", "key": fault(),
        "admin.setting:key": "survey_thanks", "admin.step:what": "password", "kind": "fault", "product": "IN-01",
        "item": "TM-KEY", "stock.item:code": "TM-OIL-100", "admin.branch:code": "01", "stock.movement:n": 1,
        "stock.reversal:n": 1, "filename": "logo.svg", "version": "000000000000",
        "admin.standard_codes:kind": "cause",
    }  # fmt: skip


def hold(visit: Visit, author: Any) -> HeldEntry:
    """An entry that waits for a decision, and the rescue file it came with."""
    entry = {"id": str(uuid4()), "path": f"/visits/{visit.id}/photos", "fields": [["label", "after"]]}
    picture_ = ["photo", "p.jpg", "image/jpeg", b64encode(picture()).decode()]
    told = {"format": "portal-rescue-1", "person": str(author.id), "entries": [entry | {"files": [picture_]}]}
    loaded = load_rescue(json.dumps(told).encode(), person=None)
    return db.session.scalars(select(HeldEntry).where(HeldEntry.rescue_id == loaded.id)).one()


def fault() -> Any:
    return db.session.scalars(select(KnownFault.id)).first()


def seal(world: Any, visit: Visit, username: str) -> Report:
    session = session_of(world, username)
    given = reports.hand_over(visit, **SIGNER, person=session.person, session=session)
    reports.answer_survey(given, ANSWERS)
    report = reports.sign_report(given, Mark(strokes=INK), remarks="")
    reports.take_back(given, session)
    db.session.commit()
    return report


def tool_of(world: Any, number: str, person: Any, keeper: Any) -> dict[str, Any]:
    tool = new_tool(world, number, category="measuring", interval_months=12)
    day = clock.today("Asia/Shanghai")
    made = tools.calibrate(tool, calibrated_on=day, certificate_no="J-1", scan=picture(), person=keeper)
    step = tools.hand_out(tool, person, person=keeper)
    report = tools.report_tool(tool, "damaged", person=person)
    return {"calibration": made.id, "report": report.id, "n": step.movement_n}


def at_work(world: Any, number: str, person: Any, plan: dict[str, str]) -> Visit:
    """A visit with one of everything."""
    visit = world.visit(**plan)
    visits.arrive(visit, person=person)
    visits.start(visit, person=person)
    visits.save_findings(visit, person=person, do_not_use=True, stop_reason="焊缝开裂", **DIAGNOSIS)
    visits.log_part_use(visit, item="TM-OIL-100", quantity=Decimal(1), person=person)
    visits.add_photo(visit, photo=picture(), label="before", person=person)
    visits.log_reading(visit, quantity="current", value=Decimal(3), instrument=number, person=person)
    db.session.commit()
    return visit
