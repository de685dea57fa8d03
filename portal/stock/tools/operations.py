"""The only writers of tools. Each verb that moves one posts a movement in the ledger, and its step beside it.

The item's valuation is the lock: of two people who hand out the same tool, the second reads where the first one put it.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from portal import files, history
from portal.accounts.models import Person
from portal.changing import ensure_seen
from portal.clock import now, today
from portal.db import db, new_id
from portal.errors import Conflict, Rejected
from portal.i18n import LOCALES, _, fmt
from portal.stock import operations as stock
from portal.stock import rules as stock_rules
from portal.stock.models import Item, Location, Movement, find_item
from portal.stock.operations import lock_valuation
from portal.stock.places import insert_once
from portal.stock.tools import rules
from portal.stock.tools.models import (
    Calibration,
    Tool,
    ToolConfirmation,
    ToolDecision,
    ToolReport,
    ToolStep,
    calibration_of,
    newest_step,
)
from portal.stock.tools.places import far_end, hands_of
from portal.stock.tools.words import where_words

REGISTER = (
    "category", "spec", "brand", "maker_serial", "bought_on", "supplier", "calibration_class", "interval_months",
    "laboratory", "note",
)  # fmt: skip
ONE = Decimal(1)


def register_tool(
    number: str,
    labels: dict[str, str],
    store: Location,
    *,
    original_value: Decimal = Decimal(0),
    person: Person,
    **register: Any,
) -> Tool:
    """Puts a new tool into the register and, by its first movement, into the store. `register`: columns of REGISTER."""
    check_interval(register)
    item = new_item(number, labels)
    tool = Tool(id=new_id(), item=item, original_value=original_value, **register)
    db.session.add(tool)
    db.session.flush()
    price = stock_rules.bought(ONE, original_value)
    post(tool, "receipt", far_end("supplier"), store, "store", paper="RK", person=person, price=price)
    history.record("register_tool", tool, person_id=person.id, number=number)
    return tool


def new_item(number: str, labels: dict[str, str]) -> Item:
    item_id = new_id()
    if find_item(number) is None:
        insert_once(
            Item, id=item_id, code=number, labels=labels, kind="tool", unit="pc", serial_tracked=True, active=True,
            wear=False, old_part="none",
        )  # fmt: skip
    item = find_item(number)
    if item is None or item.id != item_id:
        raise Rejected(_("This number is taken."), field="number")
    return item


def standing(tool: Tool) -> dict[str, Any]:
    """What the register says of the tool, by the names of the form that corrects it."""
    names = {f"name_{locale}": tool.item.labels.get(locale, "") for locale in LOCALES}
    return names | {name: getattr(tool, name) for name in REGISTER}


def change_tool(tool: Tool, labels: dict[str, str], *, version: str = "", person: Person, **register: Any) -> None:
    """Corrects the register. What the tool cost and where it is are movements, and stay. `version`: the fingerprint of
    what the corrector saw."""
    db.session.refresh(tool, with_for_update={"of": Tool})
    db.session.refresh(tool.item)
    ensure_seen(version, standing(tool))
    check_interval(register)
    changed = {name: value for name, value in register.items() if getattr(tool, name) != value}
    if tool.item.labels != labels:
        tool.item.labels = labels
        changed["labels"] = labels
    for name in changed.keys() & set(REGISTER):
        setattr(tool, name, changed[name])
    db.session.flush()
    if changed:
        history.record("change_tool", tool, person_id=person.id, **changed)


def check_interval(register: dict[str, Any]) -> None:
    """An instrument has its interval; only those of class C are calibrated once or never."""
    open_end = not register.get("interval_months") and register.get("calibration_class") != "C"
    if register.get("category") == "measuring" and open_end:
        raise Rejected(_("Write after how many months it is calibrated again."), field="interval_months")


def hand_out(
    tool: Tool,
    holder: Person,
    *,
    due_back: date | None = None,
    condition: str = "complete",
    note: str = "",
    person: Person,
) -> ToolStep:
    """领用: from the store into the hands of `holder`, who confirms it afterwards."""
    step = locked_step(tool)
    ensure_state(tool, step, "store")
    ensure_calibrated(tool, today(person.branch.time_zone))
    if due_back is not None and due_back < today(person.branch.time_zone):
        raise Rejected(_("This day has passed."), field="due_back")
    if due_back is None and tool.category in ("shared", "special"):
        raise Rejected(_("Say when it is due back: others need it too."), field="due_back")
    made = post(
        tool, "issue", step.movement.destination, hands_of(holder), "hands", paper="GJ", person=person,
        holder_id=holder.id, due_back=due_back, condition=condition, note=note,
    )  # fmt: skip
    history.record("hand_out", tool, person_id=person.id, holder=holder.username, movement=made.movement_n)
    return made


def ensure_calibrated(tool: Tool, day: date) -> None:
    """There is no way around this: an overdue instrument is handed to nobody, whoever asks."""
    calibration = calibration_of(tool)
    if rules.may_be_used(calibration, day):
        return
    if calibration.valid_until is None:
        raise Rejected(_("%(tool)s was never calibrated. It is not handed out before.", tool=tool.number))
    if calibration.result == "failed":
        raise Rejected(_("%(tool)s failed its calibration. It is not handed out.", tool=tool.number))
    ended = fmt.date(calibration.valid_until)
    words = _("The calibration of %(tool)s ended on %(day)s. Have it calibrated first.", tool=tool.number, day=ended)
    raise Rejected(words)


def take_back(tool: Tool, store: Location, *, condition: str = "complete", note: str = "", person: Person) -> ToolStep:
    """归还: from the holder's hands into the store; when it is lost, off the books. Anything but complete opens a
    report that somebody else decides. Whoever asked to give it back has confirmed it by that."""
    step = locked_step(tool)
    ensure_state(tool, step, "hands")
    lost = condition == "lost"
    made = post(
        tool, "scrap" if lost else "return", step.movement.destination, far_end("lost") if lost else store,
        "lost" if lost else "store", paper="BF" if lost else "", document=step.movement.document, person=person,
        giver_id=step.holder_id, condition=condition, note=note,
    )  # fmt: skip
    if asked_to_give_back(tool, step) and step.holder is not None:
        add_confirmation(made, step.holder)
    if condition != "complete":
        add_report(tool, made, condition, note, person)
    history.record("take_back", tool, person_id=person.id, condition=condition, movement=made.movement_n)
    return made


def move_tool(
    tool: Tool, state: str, *, store: Location | None = None, condition: str = "complete", note: str = "",
    person: Person,
) -> ToolStep:  # fmt: skip
    """To the laboratory, the workshop, scrap, another store, or from there back into a store."""
    step = locked_step(tool)
    if state not in rules.MOVES[step.state]:
        raise Conflict(where_words(tool, step))
    place = store if state == "store" else far_end(state)
    if place is None or place.id == step.movement.destination_id:
        raise Rejected(_("Choose another store."), field="store")
    kind, paper = ("scrap", "BF") if state == "scrap" else ("transfer", "DB")
    made = post(
        tool, kind, step.movement.destination, place, state, paper=paper, person=person, condition=condition, note=note
    )
    history.record("move_tool", tool, person_id=person.id, to=place.code, movement=made.movement_n)
    return made


def confirm(tool: Tool, movement_n: int, *, person: Person) -> None:
    """The other half of a hand-out or return: the receiver, or the one who gave it back, says that it was so."""
    lock_valuation(tool.item)
    step = db.session.get(ToolStep, movement_n)
    if step is None or step.tool_id != tool.id or person.id not in (step.holder_id, step.giver_id):
        raise Conflict(_("This is not yours to confirm."))
    if db.session.get(ToolConfirmation, movement_n) is not None:
        raise Conflict(_("This was confirmed before."))
    add_confirmation(step, person)
    history.record("confirm_tool", tool, person_id=person.id, movement=movement_n)


def add_confirmation(step: ToolStep, person: Person) -> None:
    db.session.add(ToolConfirmation(movement_n=step.movement_n, person_id=person.id, recorded_at=now()))
    db.session.flush()


def report_tool(tool: Tool, kind: str, *, note: str = "", person: Person) -> ToolReport:
    """The holder wants to give it back, or somebody says that it is damaged, incomplete or lost."""
    step = locked_step(tool)
    if kind == "give_back" and step.holder_id != person.id:
        raise Conflict(where_words(tool, step))
    if step.state in ("scrap", "lost"):
        raise Conflict(where_words(tool, step))
    if open_report(tool, step, kind):
        raise Conflict(_("This was reported before."))
    return add_report(tool, step, kind, note, person)


def add_report(tool: Tool, step: ToolStep, kind: str, note: str, person: Person) -> ToolReport:
    report = ToolReport(
        tool_id=tool.id, movement_n=step.movement_n, kind=kind, note=note, person_id=person.id, recorded_at=now()
    )
    db.session.add(report)
    db.session.flush()
    history.record("report_tool", tool, person_id=person.id, kind=kind)
    return report


def open_report(tool: Tool, step: ToolStep, kind: str) -> ToolReport | None:
    query = select(ToolReport).where(ToolReport.tool_id == tool.id, ToolReport.kind == kind)
    found = db.session.scalars(query.where(ToolReport.movement_n == step.movement_n)).unique()
    return next((report for report in found if report.decision is None), None)


def asked_to_give_back(tool: Tool, step: ToolStep) -> bool:
    return open_report(tool, step, "give_back") is not None


def decide(
    tool: Tool,
    report: ToolReport,
    decision: str,
    *,
    amount: Decimal | None = None,
    note: str = "",
    person: Person,
) -> ToolDecision:
    """Repair, replace, charge, scrap, or keep in use. Whoever reported it does not decide it."""
    step = locked_step(tool)
    db.session.refresh(report, ["decision"])
    if report.decision is not None:
        raise Conflict(_("This was decided before."))
    if report.person_id == person.id:
        raise Conflict(_("You reported this. Somebody else decides it."))
    if decision not in rules.decisions_for(report.kind):
        raise Rejected(_("What is lost is not repaired."), field="decision")
    if decision == "charge" and amount is None:
        raise Rejected(_("Write the amount that is charged."), field="amount")
    made = ToolDecision(
        report_id=report.id, decision=decision, amount=amount if decision == "charge" else None, note=note,
        person_id=person.id, recorded_at=now(),
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    place = rules.place_after(decision, report.kind)
    if place is not None and place != step.state:
        kind, paper = ("transfer", "DB") if place == "workshop" else ("scrap", "BF")
        post(
            tool, kind, step.movement.destination, far_end(place), place, paper=paper, person=person,
            giver_id=step.holder_id, condition=report.kind, note=note,
        )  # fmt: skip
    history.record("decide_tool", tool, person_id=person.id, decision=decision)
    db.session.expire(report, ["decision"])
    return made


def calibrate(
    tool: Tool,
    *,
    calibrated_on: date,
    certificate_no: str,
    result: str = "passed",
    valid_until: date | None = None,
    laboratory: str = "",
    scan: bytes | None = None,
    person: Person,
) -> Calibration:
    """检定/校准: a certificate came. Without `valid_until` the interval of the register says it."""
    lock_valuation(tool.item)
    if not tool.interval_months:
        raise Rejected(_("The register asks for no calibration of this tool. Write its interval there first."))
    if calibrated_on > today(person.branch.time_zone):
        raise Rejected(_("This day has not come yet."), field="calibrated_on")
    ends = valid_until or rules.valid_until(calibrated_on, tool.interval_months)
    if ends < calibrated_on:
        raise Rejected(_("It cannot end before it began."), field="valid_until")
    version = db.session.scalar(select(func.max(Calibration.version)).where(Calibration.tool_id == tool.id)) or 0
    made = Calibration(
        tool_id=tool.id,
        version=version + 1,
        calibrated_on=calibrated_on,
        valid_until=ends,
        result=result,
        certificate_no=certificate_no,
        laboratory=laboratory or tool.laboratory,
        scan=files.keep(files.as_photo(scan)[0], "image/jpeg") if scan else None,
        person_id=person.id,
        recorded_at=now(),
    )
    db.session.add(made)
    db.session.flush()
    history.record("calibrate_tool", tool, person_id=person.id, certificate=certificate_no, valid_until=ends)
    return made


def locked_step(tool: Tool) -> ToolStep:
    """Where the tool is, read under the lock under which it moves."""
    lock_valuation(tool.item)
    step = newest_step(tool)
    assert step is not None, "a registered tool has its first step"
    return step


def ensure_state(tool: Tool, step: ToolStep, state: str) -> None:
    if step.state != state:
        raise Rejected(where_words(tool, step))


def post(
    tool: Tool,
    kind: str,
    source: Location,
    destination: Location,
    state: str,
    *,
    paper: str,
    person: Person,
    document: str = "",
    price: stock_rules.Price | None = None,
    **details: Any,
) -> ToolStep:
    """One movement of the tool, under a number of `paper`'s series, and what it meant."""
    number = stock.new_paper(paper, person)["document"] if paper else document
    movement: Movement = stock.post(
        kind,
        tool.item,
        ONE,
        source,
        destination,
        person=person,
        price=price,
        serial_no=tool.maker_serial or None,
        document=number,
        source_url=f"/tools/{tool.number}",
        reason=details.get("note", ""),
    )
    step = ToolStep(movement_n=movement.n, tool_id=tool.id, state=state, **details)
    db.session.add(step)
    db.session.flush()
    return step
