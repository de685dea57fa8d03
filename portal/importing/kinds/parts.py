"""Parts: items that are counted, by their number. What lies in a store is no property of a part but a movement, so
quantities and costs are not imported."""

from collections.abc import Mapping
from typing import Any

from portal.i18n import lazy
from portal.importing.columns import Column, Ignored
from portal.importing.kinds.base import Planner, Refused
from portal.importing.kinds.catalogue import NAME_COLUMNS, OF_AN_IMPORT, CodeKind, CodePlanner
from portal.importing.values import choice, code, money, yes_no
from portal.stock.models import Item
from portal.stock.words import UNITS

UNIT_NAMES = {
    "pc": "个|件|只|条|块|台|根|支|张|片|把|個|隻|條|塊|張|pcs|piece|each|ea|ud|unidad|pieza",
    "pair": "对|双|副|對|雙|par",
    "set": "套|组|組|juego|conjunto|kit",
    "btl": "瓶|罐|bottle|botella|frasco",
    "m": "米|公尺|metre|meter|metro",
    "kg": "千克|公斤|kilogram|kilo",
    "l": "升|公升|litre|liter|litro",
}
FATES = {
    "returned": "返还|需返还|返厂|回收|是|返還|需返還|yes|return|sí|devolver",
    "handed_over": "交客户|给客户|交客戶|customer|cliente",
    "waived": "免返|免返还|免返還|waive|exento",
    "not_recoverable": "不可回收|无法回收|無法回收|no recuperable",
    "none": "无|否|不返还|無|不返還|no|ninguno",
}


class Parts(CodeKind):
    name = "parts"
    columns = (
        Column("code", lazy("Part number"), "料号|配件编号|配件号|物料编码|物料编号|备件编号|编号|料號|零件編號|配件編號|品號|物料編號|編號|part_no|part number|item code|code|sku|código|número de pieza|referencia", code(40), needed=True),
        *NAME_COLUMNS,
        Column("unit", lazy("Unit of measure"), "单位|计量单位|單位|計量單位|uom|unidad", choice(UNIT_NAMES), labels=UNITS),
        Column("list_price", lazy("List price"), "售价|单价|标价|销售价|零售价|售價|單價|定價|list|price|precio|precio de venta|pvp", money),
        Column("wear", lazy("Wears out"), "易损|易损件|是否易损|易損|消耗品|耗材|wear part|consumable|desgaste|consumible", yes_no),
        Column("serial_tracked", lazy("Has serial numbers"), "序列号管理|管序列号|序號管理|serial tracked|serialized|con número de serie|serie", yes_no),
        Column("old_part", lazy("The old part"), "旧件|旧件处理|旧件返还|舊件|舊件處理|return old|old part return|pieza usada|devolución", choice(FATES)),
        Column("active", lazy("In use"), "启用|在用|是否启用|啟用|使用中|enabled|activo|vigente", yes_no),
    )  # fmt: skip
    ignored = (
        Ignored(
            lazy("Stock and cost are not imported: they are movements. Record them as a receipt of goods."),
            "数量|库存|库存数量|期初|期初数量|期初结存|账面数量|在库数量|成本|进价|成本价|采购价|金额|數量|庫存|庫存數量|期初數量|成本價|進價|金額|"
            "quantity|qty|stock|on hand|opening stock|opening balance|cost|unit cost|amount|cantidad|existencias|saldo inicial|coste|costo|importe",
        ),
        OF_AN_IMPORT,
    )  # fmt: skip

    def planner(self, *, trial: bool) -> Planner:
        return PartPlanner(trial=trial)


class PartPlanner(CodePlanner):
    subject, tables = Item, (Item,)
    plain = ("unit", "list_price", "wear", "serial_tracked", "old_part", "active")

    def check(self, record: dict[str, Any]) -> None:
        if record["kind"] != "part":
            raise Refused("code", "is_a_tool")

    def fresh(self, said: Mapping[str, Any]) -> dict[str, Any]:
        usual = {
            "unit": "pc",
            "list_price": None,
            "wear": False,
            "serial_tracked": False,
            "old_part": "none",
            "active": True,
        }
        given = {name: said[name] for name in self.plain if name in said}
        return {"code": said["code"], "labels": self.new_labels(said), "kind": "part"} | usual | given
