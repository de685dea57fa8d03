"""The register of tools: bought and calibrated before the story begins, then handed to the technicians."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from portal.demo.cast import Cast
from portal.demo.tables import labels, rows
from portal.demo.times import Timetable, at
from portal.stock import tools
from portal.stock.tools.models import Tool, find_tool

REGISTERED, HANDED_OUT, CONFIRMED = "-39 14:00", "-8 08:00", "-8 08:40"
STEP = timedelta(seconds=50)


def register_tools(cast: Cast, table: Timetable) -> None:
    keeper = cast.people["qian"]
    moment = table.moment(REGISTERED, keeper.branch.time_zone)
    for row in rows("tools"):
        moment += STEP
        with at(moment):
            tool = tools.register_tool(
                row["number"],
                labels(row),
                cast.locations["STORE-01"],
                original_value=Decimal(row["value"]),
                person=keeper,
                **register(row),
            )
            if row["certificate"]:
                calibrate(tool, row, cast, table)


def register(row: dict[str, str]) -> dict[str, Any]:
    return {
        "category": row["category"],
        "spec": row["spec"],
        "brand": row["brand"],
        "maker_serial": row["maker_serial"],
        "calibration_class": row["class"],
        "interval_months": int(row["interval"]) if row["interval"] else None,
        "laboratory": "示例计量检测站（演示）" if row["interval"] else "",
    }


def calibrate(tool: Tool, row: dict[str, str], cast: Cast, table: Timetable) -> None:
    keeper = cast.people["qian"]
    zone = keeper.branch.time_zone
    tools.calibrate(
        tool,
        calibrated_on=table.day(zone, int(row["calibrated"])),
        valid_until=table.day(zone, int(row["valid"])),
        certificate_no=row["certificate"],
        person=keeper,
    )


def hand_out_tools(cast: Cast, table: Timetable) -> None:
    """One of them was still calibrated on that morning, and is not any more."""
    keeper = cast.people["qian"]
    zone = keeper.branch.time_zone
    moment = table.moment(HANDED_OUT, zone)
    for row in rows("tools"):
        tool = find_tool(row["number"])
        if not row["holder"] or tool is None:
            continue
        holder = cast.people[row["holder"]]
        moment += STEP
        with at(moment):
            due_back = table.day(zone, int(row["due"])) if row["due"] else None
            step = tools.hand_out(tool, holder, due_back=due_back, person=keeper)
        if row["confirmed"] == "yes":
            with at(table.moment(CONFIRMED, zone)):
                tools.confirm(tool, step.movement_n, person=holder)
