"""The five jobs of a visit as rows: how far each is, one fact, and what is missing with the way to it."""

from dataclasses import dataclass, field
from datetime import datetime

from portal.assets import address
from portal.i18n import _, fmt, ngettext_, pick
from portal.visits import rules
from portal.visits.facts import Facts
from portal.visits.readiness import PLACES, Missing
from portal.visits.words import OUTCOMES, ROWS, word

ICONS = {"findings": "stethoscope", "parts": "package", "time": "clock", "photos": "camera"}
PROBLEMS = ("time.order", "photos.declined", "photos.nameplate", "photos.old_part")


@dataclass(frozen=True)
class Task:
    """`kind`: todo, doing, done, problem or blocked; without `href` the row is not a link."""

    row: str
    icon: str
    name: str
    kind: str
    state: str
    fact: str
    href: str | None
    missing: list[Missing] = field(default_factory=list)


def tasks_of(facts: Facts, missing: list[Missing], now: datetime, *, leads: bool = True) -> list[Task]:
    """The rows of the visit page for its technicians; the last is for the one who leads."""
    begun = {
        "findings": (facts.finding is not None, findings_fact(facts)),
        "parts": (bool(facts.parts) or facts.no_parts, parts_fact(facts)),
        "time": (bool(facts.time), time_fact(facts, now)),
        "photos": (bool(facts.photos), photos_fact(facts)),
    }
    rows = [recording_task(facts, row, *begun[row], missing) for row in rules.ROWS]
    return [rows[0], readings_task(facts), *rows[1:], sign_task(facts, missing, leads)]


def readings_task(facts: Facts) -> Task:
    """What was measured: nobody has to, and an instrument that was overdue is named."""
    visit, taken = facts.visit, len(facts.readings)
    is_open = rules.may_change(visit.state, visit.to_mend, "findings")
    href = address("visits.readings", visit_id=visit.id) if is_open else None
    fact = ngettext_("%(num)s reading", "%(num)s readings", taken) if taken else ""
    kind, state = ("done", _("Done")) if taken else ("todo", _("Optional"))
    if facts.overdue_readings:
        kind, state = "problem", _("Instrument overdue")
    return Task("readings", "list", _("Readings"), kind, state, fact, href)


def recording_task(facts: Facts, row: str, begun: bool, fact: str, missing: list[Missing]) -> Task:
    visit = facts.visit
    own = [gap for gap in missing if gap.row == row]
    asked = visit.state == "returned" and row in (visit.to_mend or ())
    kind, state = progress(begun, own, asked)
    is_open = rules.may_change(visit.state, visit.to_mend, row)
    href = address(PLACES[row], visit_id=visit.id) if is_open else None
    return Task(row, ICONS[row], str(ROWS[row]), kind, state, told(fact, own) if begun else fact, href)


def told(fact: str, gaps: list[Missing]) -> str:
    """The fact, and what is missing beside it in a few words; the sign row has the links."""
    if len(gaps) == 1:
        return " · ".join(filter(None, [fact, gaps[0].words]))
    more = ngettext_("%(num)s thing is missing", "%(num)s things are missing", len(gaps)) if gaps else ""
    return " · ".join(filter(None, [fact, more]))


def progress(begun: bool, gaps: list[Missing], asked: bool) -> tuple[str, str]:
    if asked:
        return "problem", _("To mend")
    if any(gap.gap in PROBLEMS for gap in gaps):
        return "problem", _("There is a problem")
    if gaps:
        return ("doing", _("In progress")) if begun else ("todo", _("Not started"))
    return ("done", _("Done")) if begun else ("todo", _("Not needed yet"))


def findings_fact(facts: Facts) -> str:
    if facts.finding is None:
        return ""
    said = [pick(facts.labels[name]) for name in ("symptom", "remedy") if name in facts.labels]
    if facts.finding.outcome:
        said.append(word(OUTCOMES, facts.finding.outcome))
    return " → ".join(said)


def parts_fact(facts: Facts) -> str:
    if facts.parts:
        return ngettext_("%(num)s line", "%(num)s lines", len(facts.parts))
    return _("No parts used") if facts.no_parts else ""


def time_fact(facts: Facts, now: datetime) -> str:
    if not facts.time:
        return ""
    return _("Work %(work)s", work=fmt.minutes(facts.minutes("work", now)))


def photos_fact(facts: Facts) -> str:
    return ngettext_("%(num)s photo", "%(num)s photos", len(facts.photos)) if facts.photos else ""


def sign_task(facts: Facts, missing: list[Missing], leads: bool) -> Task:
    """Never a grey button without a reason: what is missing stands there, with links."""
    state, name, icon = facts.visit.state, _("Sign"), "signature"
    if state in ("signed", "approved"):
        return Task("sign", icon, name, "done", _("Done"), "", None)
    if state == "unsigned":
        return Task("sign", icon, name, "done", _("Ended without signature"), "", None)
    if not leads:
        lead = facts.visit.person
        return Task("sign", icon, name, "todo", _("The lead has it signed"), lead.name if lead else "", None)
    if missing:
        return Task("sign", icon, name, "blocked", _("Cannot start yet"), _("First:"), None, missing)
    href = address("reports.handover", visit_id=facts.visit.id)
    return Task("sign", icon, name, "todo", _("Ready"), _("Hand the phone to the customer"), href)
