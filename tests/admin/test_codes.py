"""Code lists: corrected, retired, never given another meaning."""

from typing import Any

import pytest
from sqlalchemy import select

from portal.admin import codes
from portal.clock import now
from portal.customers.models import FAMILIES, CodeValue, ErrorCode, KnownFault
from portal.customers.standard import standard_codes
from portal.db import db
from portal.history import HistoryEntry
from portal.i18n import LOCALES
from portal.stock.models import UsualPart
from tests.reports.steps import finished

NAMES = {"zh_Hans": "新故障", "zh_Hant": "新故障", "en": "New one", "es": "Nuevo"}


def code_row(code: str) -> CodeValue:
    return db.session.query(CodeValue).filter_by(code=code).one()


def test_a_new_code_is_offered_at_the_visit_and_a_retired_one_is_not(world: Any, sign_in: Any) -> None:
    admin, zhang, visit = sign_in("admin", "laptop"), sign_in("zhang"), world.visit()
    made = admin.post("/admin/codes/symptom/new", {**NAMES, "code": "tm-s99", "family": "TM", "position": "9"})
    assert made.status == 303, made.errors
    assert zhang.get(f"/visits/{visit.id}/findings").all("[value='TM-S99']")
    row = code_row("TM-S99")
    assert zhang.post(f"/visits/{visit.id}/findings", {"symptom": "TM-S99", "note": "x"}).status == 303
    assert admin.post(f"/admin/codes/symptom/{row.id}/retirement").status == 303
    assert admin.post(f"/admin/codes/symptom/{row.id}/retirement").status == 409
    other = world.visit(serial="DF2401-0002")
    assert not zhang.get(f"/visits/{other.id}/findings").all("[value='TM-S99']")
    assert zhang.get(f"/visits/{visit.id}/findings").all("[value='TM-S99']"), "what was recorded keeps it"
    assert admin.post(f"/admin/codes/symptom/{row.id}/retirement", {"restore": "1"}).status == 303
    assert zhang.get(f"/visits/{other.id}/findings").all("[value='TM-S99']")


def test_the_words_of_a_used_code_are_corrected_with_a_reason_and_both_are_kept(world: Any, sign_in: Any) -> None:
    finished(world)
    admin, row = sign_in("admin", "laptop"), code_row("TM-S03")
    assert codes.is_used(row)
    address, words = f"/admin/codes/symptom/{row.id}", {**NAMES, "position": "0"}
    refused = admin.post(address, words)
    assert refused.status == 422 and refused.one("#reason-error") and refused.value("en") == "New one"
    assert admin.post(address, {**words, "reason": "错字", "code": "TM-S98", "family": "BK"}).status == 303
    db.session.expire_all()
    assert (code_row("TM-S03").labels["en"], code_row("TM-S03").family) == ("New one", "TM"), "its meaning stays"
    told = db.session.query(HistoryEntry).filter_by(verb="correct_code").one().details
    assert told["name en.before"] == "Belt slips or hesitates" and told["name en.after"] == "New one"
    assert told["reason"] == "错字"
    shown = sign_in("he", "laptop").get("/admin/history?verb=correct_code").one("tbody tr").get_text()
    assert "Belt slips or hesitates → New one" in shown


@pytest.mark.engine("sqlite")
def test_odd_codes_are_refused(world: Any, sign_in: Any) -> None:
    admin = sign_in("admin", "laptop")
    for wrong in ({"code": "TM-S03"}, {"code": ""}, {"code": "X" * 21}, {"family": "XX"}, {"position": "-1"}):
        page = admin.post("/admin/codes/symptom/new", {**NAMES, "code": "N1", "family": "", "position": "1", **wrong})
        assert page.status in (409, 422) and page.errors, wrong
    assert admin.get("/admin/codes/nothing").status == 404
    assert admin.get(f"/admin/codes/cause/{code_row('TM-S03').id}").status == 404, "of another list"


@pytest.mark.engine("sqlite")
def test_error_codes_faults_and_usual_parts_are_kept(world: Any, sign_in: Any) -> None:
    admin = sign_in("admin", "laptop")
    error = {**NAMES, "code": "E07", "brand": "示范牌 DEMO-FIT", "family": "TM"}
    assert admin.post("/admin/codes/error/new", error).status == 303
    assert admin.post("/admin/codes/error/new", error).status == 409
    assert db.session.query(ErrorCode).one().code == "E07"
    fault = {"family": "TM", "symptom": "TM-S07", "component": "TM-P01", "cause": "C01", "remedy": "A01"}
    assert admin.post("/admin/codes/fault/new", {**fault, "standard_minutes": "45", "position": "2"}).status == 303
    row = db.session.query(KnownFault).filter_by(symptom="TM-S07").one()
    assert admin.post(f"/admin/codes/fault/{row.id}", {**fault, "standard_minutes": ""}).status == 303
    assert admin.post(f"/admin/codes/fault/{row.id}/retirement").status == 303
    zhang, visit = sign_in("zhang"), world.visit()
    assert len(zhang.get(f"/visits/{visit.id}/findings").all("a[href*='fault=']")) == 1
    parts = "/admin/usual-parts?product=IN-01"
    assert admin.post(parts, {"item": "tm-key", "position": "4"}).status == 303
    assert admin.post(parts, {"item": "TM-KEY"}).status == 409
    assert admin.post(parts, {"item": "NO-SUCH"}).status == 422
    assert admin.post("/admin/usual-parts/IN-01/TM-KEY/removal").status == 303
    assert admin.post("/admin/usual-parts/IN-01/TM-KEY/removal").status == 409
    assert db.session.query(UsualPart).count() == 3
    for kind in codes.KINDS:
        assert admin.get(f"/admin/codes/{kind}?family=TM").all("tbody tr")


def test_the_standard_lists_are_taken_over_by_one_button_and_nothing_twice(world: Any, sign_in: Any) -> None:
    admin = sign_in("admin", "laptop")
    for row in db.session.scalars(select(CodeValue)):
        db.session.delete(row)
    db.session.commit()
    page = admin.get("/admin/codes/cause")
    assert page.one("form[action='/admin/codes/cause/standard'] .btn-primary"), "an empty list leads to them"
    page = admin.follow(admin.post("/admin/codes/cause/standard"))
    assert str(len(standard_codes())) in page.one("#status").get_text() and len(page.all("tbody tr")) == 17
    there = {(row.kind, row.code): row.labels for row in db.session.scalars(select(CodeValue))}
    assert there == {(one.kind, one.code): one.labels for one in standard_codes()}
    assert not admin.get("/admin/codes/cause").all("form[action$='/standard']")
    assert admin.post("/admin/codes/cause/standard").status == 409 and len(there) == codes_there()
    told = db.session.query(HistoryEntry).filter_by(verb="take_standard_codes").one()
    assert told.details == {"new": len(there)} and told.person_id == world.person("admin").id
    assert str(len(there)) in admin.get("/admin/history?verb=take_standard_codes").one("tbody tr").get_text()


def codes_there() -> int:
    return db.session.query(CodeValue).count()


@pytest.mark.engine("sqlite")
def test_a_list_of_ones_own_gets_only_what_it_lacks_and_the_others_nothing(world: Any, sign_in: Any) -> None:
    """Words and retirement of what is there stay as they are."""
    he, own = sign_in("he", "laptop"), code_row("TM-S03")
    own.labels, own.retired_at = NAMES, now()
    before = codes_there()
    db.session.commit()
    page = he.get("/admin/codes/symptom")
    assert not page.all("form[action$='/standard'] .btn-primary"), "here it is only one of the ways"
    assert he.post("/admin/codes/symptom/standard").status == 303
    assert codes_there() == before + 30, "of 32 symptoms two were there"
    assert code_row("TM-S03").labels == NAMES and code_row("TM-S03").retired_at
    assert he.get("/admin/codes/cause").all("form[action$='/standard']") and len(codes.listed("cause")) == 2
    for other in ("error", "fault", "nothing"):
        assert he.post(f"/admin/codes/{other}/standard").status == 404
    assert sign_in("sun", "laptop").post("/admin/codes/cause/standard").status == 403


def test_the_standard_lists_offer_something_for_every_family_in_four_languages() -> None:
    lists = standard_codes()
    assert {one.kind for one in lists} == set(codes.VALUE_KINDS)
    assert len({(one.kind, one.code) for one in lists}) == len(lists)
    assert {one.family for one in lists} == {None, *FAMILIES}
    assert all(name.strip() for one in lists for name in one.labels.values()) and len(LOCALES) == 4
    for family in FAMILIES:
        symptoms = [one for one in lists if one.kind == "symptom" and one.family in (family, None)]
        assert 1 < len(symptoms) <= 15, "few enough for one screen"
    for kind in codes.VALUE_KINDS:
        assert [one for one in lists if one.kind == kind and one.family is None], "also what suits any unit"
