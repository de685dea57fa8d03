"""Products: the models of the catalogue, by their code."""

from collections.abc import Mapping
from typing import Any

from portal.customers.models import Product
from portal.i18n import lazy
from portal.importing.columns import Column
from portal.importing.kinds.base import Planner, Refused
from portal.importing.kinds.catalogue import NAME_COLUMNS, OF_AN_IMPORT, CodeKind, CodePlanner
from portal.importing.values import choice, code, text, whole, words

FAMILIES = {
    "TM": "跑步机|跑步機|treadmill|cinta de correr|cinta|caminadora",
    "BK": "健身车|单车|动感单车|健身車|飛輪車|exercise bike|bike|bicicleta|bicicleta estática",
    "EL": "椭圆机|橢圓機|elliptical|elíptica",
    "ST": "力量器械|力量|重訓器材|重量訓練|strength|fuerza|musculación",
    "OD": "室外健身器材|户外|室外|戶外|outdoor|exterior|aire libre",
}
FAMILY_WORDS = {
    "TM": lazy("Treadmill"),
    "BK": lazy("Bike"),
    "EL": lazy("Elliptical"),
    "ST": lazy("Strength"),
    "OD": lazy("Outdoor"),
}


class Products(CodeKind):
    name = "products"
    columns = (
        Column("code", lazy("Product code"), "产品代码|产品编号|产品型号|商品编号|產品代碼|產品編號|產品型號|product_code|product|product no|code|código|código de producto|modelo no|referencia", code(40), needed=True),
        *NAME_COLUMNS,
        Column("family", lazy("Family"), "类别|产品类别|大类|類別|產品類別|group|category|familia|categoría|tipo", choice(FAMILIES), labels=FAMILY_WORDS),
        Column("brand", lazy("Brand"), "品牌|厂牌|廠牌|marca", text(100)),
        Column("model", lazy("Model"), "型号|规格型号|型號|規格型號|modelo|model no", text(100)),
        Column("parameters", lazy("Parameters"), "参数|技术参数|规格参数|參數|技術參數|parameters_zh|parámetros|specifications|especificaciones", words(4000)),
        Column("standard", lazy("Standard"), "执行标准|标准|執行標準|標準|standard_zh|norma|estándar", text(200)),
        Column("max_load_kg", lazy("Highest load, kg"), "最大承重|承重|最大承重kg|載重|最大載重|max load|carga máxima|carga máxima kg", whole(1, 99_999)),
        Column("warranty_months", lazy("Warranty, months"), "保修期|保修月数|质保期|质保月数|保固期|保固月數|warranty|garantía|garantía meses|meses de garantía", whole(0, 1200)),
    )  # fmt: skip
    ignored = (OF_AN_IMPORT,)

    def planner(self, *, trial: bool) -> Planner:
        return ProductPlanner(trial=trial)


class ProductPlanner(CodePlanner):
    subject, tables = Product, (Product,)
    plain = ("family", "brand", "model", "parameters", "standard", "max_load_kg", "warranty_months")

    def fresh(self, said: Mapping[str, Any]) -> dict[str, Any]:
        labels = self.new_labels(said)
        if "family" not in said:
            raise Refused("family", "new_needs_family")
        empty = {"brand": "", "model": said["code"], "parameters": "", "standard": ""}
        empty |= {"max_load_kg": None, "warranty_months": None}
        return (
            {"code": said["code"], "labels": labels} | empty | {name: said[name] for name in self.plain if name in said}
        )
