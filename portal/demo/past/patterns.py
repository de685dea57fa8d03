"""The patterns of past visits: the approved ones of a demonstration company that is told in a place of its own."""

import json
import tempfile
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Table, func, select

from portal import cli, config
from portal.calls.models import Visit
from portal.clock import local
from portal.db import Model, db, transaction
from portal.demo.past.texts import Text
from portal.i18n import label, speaking
from portal.reports.models import Report
from portal.signing.models import SURVEY, SealedDocument
from portal.signing.operations import content_of, evidence_of
from portal.stock.models import Item

OF_VISIT = ("assignment", "visit_event", "time_entry", "finding", "part_use", "hand_over", "survey")
OF_REPORT = ("report_signature", "review")
ORDER = (  # parents first
    "call", "visit", "assignment", "visit_event", "time_entry", "finding", "movement", "part_use", "hand_over",
    "sealed_document", "survey", "report", "report_signature", "review", "history",
)  # fmt: skip
LANGUAGE = "zh_Hans"


@dataclass(frozen=True)
class Row:
    """A row to copy. `names`: columns that hold somebody's or something's id; `moments`: how long after the beginning
    (UTC) of the visit's day."""

    table: str
    fixed: dict[str, Any]
    names: dict[str, str]
    moments: dict[str, timedelta]


@dataclass(frozen=True)
class PastPart:
    """A part that such a visit uses; `moment` as in Row."""

    item: str
    quantity: Decimal
    moment: timedelta
    row: Row


@dataclass(frozen=True)
class Pattern:
    product: str
    rows: tuple[Row, ...]
    own: tuple[str, ...]
    parts: tuple[PastPart, ...]
    content: Text
    evidence: Text
    survey: Text
    survey_evidence: Text
    sealed: timedelta
    surveyed: timedelta


@cache
def read_patterns() -> list[Pattern]:
    """Told once a process: the company takes seconds."""
    from portal import create_app  # the package above, which is whole by the time anybody asks
    from portal.demo.company import load

    with tempfile.TemporaryDirectory() as folder:
        app = create_app(config.from_environment({"PORTAL_INSTANCE": folder}))
        with app.app_context(), speaking(LANGUAGE):
            cli.upgrade()
            with transaction():
                load()
            found = [pattern(report) for report in approved()]
            db.session.remove()
            db.engine.dispose()
        return found


def approved() -> list[Report]:
    """Those with one revision, drawn by the customer after a survey, in the language of the house."""
    alone = select(Report.visit_id).group_by(Report.visit_id).having(func.count() == 1)
    query = select(Report).join(Report.visit).where(Visit.state == "approved", Visit.id.in_(alone))
    found = db.session.scalars(query.order_by(Report.number)).all()
    return [
        one
        for one in found
        if evidence_of(one.document).get("survey") and content_of(one.document)["language"] == LANGUAGE
    ]


def pattern(report: Report) -> Pattern:
    visit, content, evidence = report.visit, content_of(report.document), evidence_of(report.document)
    base = local(datetime.fromisoformat(content["arrived_at"]), visit.zone).date()
    taken = [("call", visit.call_id), ("visit", visit.id), ("report", report.id)]
    found = {table: rows_of(table, "id", key) for table, key in taken}
    found |= {table: rows_of(table, "visit_id", visit.id) for table in OF_VISIT}
    found |= {table: rows_of(table, "report_id", report.id) for table in OF_REPORT}
    names = known(visit) | own_names(found)
    said = strings(visit, report, content)
    uses = found.pop("part_use")
    survey = db.session.get_one(SealedDocument, evidence["survey"])
    assert survey.kind == SURVEY
    rows = [row(table, values, base, names, said) for table, some in found.items() for values in some]
    return Pattern(
        product=product_of(visit),
        rows=tuple(sorted(rows, key=lambda one: ORDER.index(one.table))),
        own=tuple(own_names(found).values()),
        parts=tuple(part(values, base, names, said) for values in uses),
        content=Text(content | {"photos": []}, base, said),
        evidence=Text(evidence | {"technicians": []}, base, said | ids(names), raw=("strokes", "survey")),
        survey=Text(content_of(survey), base, said),
        survey_evidence=Text(evidence_of(survey), base, ids(names)),
        sealed=since(report.document.sealed_at, base),
        surveyed=since(survey.sealed_at, base),
    )


def product_of(visit: Visit) -> str:
    assert visit.call.equipment
    return visit.call.equipment.product.code


def rows_of(table: str, column: str, key: uuid.UUID) -> list[dict[str, Any]]:
    wanted: Table = Model.metadata.tables[table]
    query = select(wanted).where(wanted.c[column] == key).order_by(wanted.c.id)
    return [dict(one) for one in db.session.execute(query).mappings()]


def known(visit: Visit) -> dict[uuid.UUID, str]:
    """The people and things that a past visit has others of."""
    call = visit.call
    assert visit.person_id and call.equipment and call.contact
    found = {
        visit.person_id: "technician",
        call.registered_by_id: "clerk",
        call.branch_id: "branch",
        call.customer_id: "customer",
        call.site_id: "site",
        call.equipment.id: "equipment",
    }
    return found | {contact.id: "contact" for contact in call.site.contacts}


def own_names(found: dict[str, list[dict[str, Any]]]) -> dict[uuid.UUID, str]:
    names = {"call": "call", "visit": "visit", "report": "report", "hand_over": "hand_over", "survey": "survey"}
    return {
        values["id"]: names.get(table, f"{table}{number}")
        for table, some in found.items()
        for number, values in enumerate(some)
    }


def ids(names: dict[uuid.UUID, str]) -> dict[str, str]:
    return {str(key): name for key, name in names.items()}


def strings(visit: Visit, report: Report, content: dict[str, Any]) -> dict[str, str]:
    """What the texts and rows say of this visit that another visit says otherwise, and how it is called."""
    call = visit.call
    assert call.equipment and visit.person
    found = {
        report.number: "report_no",
        visit.number: "visit_no",
        call.number: "call_no",
        call.customer.name: "customer_name",
        content["site_address"]: "site_address",
        label(call.branch): "provider_name",
        call.branch.hotline: "provider_hotline",
        call.equipment.serial_no: "serial_no",
        call.equipment.asset_tag: "asset_tag",
        call.equipment.location: "unit_location",
        visit.person.name: "technician_name",
        str(visit.person_id): "technician",
    }
    for contact in call.site.contacts:
        found |= {contact.name: "contact_name", contact.phone: "contact_phone"}
    return {text: name for text, name in found.items() if text}


def row(table: str, values: dict[str, Any], base: date, names: dict[uuid.UUID, str], said: dict[str, str]) -> Row:
    fixed, named, moments = {}, {}, {}
    for column, value in values.items():
        if isinstance(value, uuid.UUID) and value in names:
            named[column] = names[value]
        elif isinstance(value, str) and value in said:
            named[column] = said[value]
        elif isinstance(value, datetime):
            moments[column] = since(value, base)
        else:
            fixed[column] = value
    fixed |= {"content": ""} if table == "hand_over" else {}
    fixed |= {"specimen_id": None} if table == "visit_event" else {}
    special = {"hand_over": ("token", "sign_in_id"), "report": ("verify_hash", "document_n"), "survey": ("document_n",)}
    special |= {"report_signature": ("document_n",), "review": ("reviewer_id",), "visit": ("version",)}
    named |= {column: column for column in special.get(table, ()) if column != "version"}
    if table == "survey":
        named["document_n"] = "survey_n"
    if table == "assignment":
        named["assigned_by_id"] = "clerk"
    return Row(table, {column: value for column, value in fixed.items() if column not in named}, named, moments)


def part(values: dict[str, Any], base: date, names: dict[uuid.UUID, str], said: dict[str, str]) -> PastPart:
    code = db.session.scalar(select(Item.code).where(Item.id == values["item_id"]))
    copied = row("part_use", values, base, names, said)
    for column in ("id", "item_id", "movement_n"):
        copied.fixed.pop(column, None)
    copied.names.pop("id", None)
    return PastPart(str(code), values["quantity"], since(values["occurred_at"], base), copied)


def since(moment: datetime, base: date) -> timedelta:
    return moment - datetime.combine(base, time(), UTC)


def plain_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
