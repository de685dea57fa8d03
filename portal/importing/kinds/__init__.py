"""The kinds that can be imported, by the name that the command and the page know."""

from importlib.util import find_spec

from portal.importing.kinds.base import Kind
from portal.importing.kinds.customers import Customers
from portal.importing.kinds.equipment import EquipmentKind
from portal.importing.kinds.parts import Parts
from portal.importing.kinds.products import Products
from portal.importing.kinds.tools import REGISTER, Tools

KINDS: dict[str, Kind] = {kind.name: kind for kind in (Customers(), EquipmentKind(), Products(), Parts())}
if find_spec(REGISTER):
    KINDS["tools"] = Tools()

__all__ = ["KINDS"]
