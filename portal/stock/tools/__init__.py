"""Tools 工具: a tool is an item with a serial number and quantity 1, and whoever holds it is its location.

The register holds what a tool is; where it is follows from its movements in the one ledger. Each movement of a tool has
its step: the verb, the condition, who received it and when it is due back. What must always hold: a tool is in one
place, its newest step is its newest movement, and an instrument whose calibration has ended is handed to nobody.
"""

from portal.stock.tools.operations import (
    calibrate,
    change_tool,
    confirm,
    decide,
    hand_out,
    move_tool,
    register_tool,
    report_tool,
    standing,
    take_back,
)

__all__ = [
    "calibrate",
    "change_tool",
    "confirm",
    "decide",
    "hand_out",
    "move_tool",
    "register_tool",
    "report_tool",
    "standing",
    "take_back",
]
