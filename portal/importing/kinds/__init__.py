"""The kinds that can be imported, by the name that the command and the page know."""

from portal.importing.kinds.base import Kind
from portal.importing.kinds.customers import Customers
from portal.importing.kinds.equipment import EquipmentKind
from portal.importing.kinds.parts import Parts
from portal.importing.kinds.products import Products

KINDS: dict[str, Kind] = {kind.name: kind for kind in (Customers(), EquipmentKind(), Products(), Parts())}

__all__ = ["KINDS"]
