"""Tools as tests need them."""

from decimal import Decimal
from typing import Any

from portal.stock import tools
from portal.stock.tools.models import Tool


def new_tool(world: Any, number: str = "GJ-001", value: Decimal = Decimal(180), **register: Any) -> Tool:
    """A shared roller puller in the store, or what `register` says."""
    labels = {"zh_Hans": "滚筒拉马", "en": "Roller puller"}
    register = {"category": "shared", **register}
    return tools.register_tool(
        number, labels, world.location(), original_value=value, person=world.person("qian"), **register
    )
