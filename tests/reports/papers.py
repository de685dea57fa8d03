"""Payloads of the service report as the sealed record holds them: one ordinary job a language, and two extreme ones."""

import io
import math
import random
from typing import Any

from PIL import Image

ORDINARY: dict[str, Any] = {
    "report_no": "FW-01-2611-0042",
    "work_order_no": "GD-01-2611-0057",
    "visit_seq": 1,
    "service_class": "B",
    "work_type": "repair",
    "priority": "urgent",
    "report_version": 1,
    "provider_hotline": "100 0000 0001",
    "customer_kind": "business",
    "contact_phone": "100 0000 0023",
    "brand": "DEMO-FIT",
    "model": "DF-T9",
    "serial_no": "DF2403-000187",
    "asset_tag": "YD-03",
    "purchased_on": "2024-03-12",
    "installed_on": "2024-03-20",
    "coverage_status": "contract",
    "coverage_until": "2027-03-19",
    "reported_at": "2026-11-22T16:05:00+08:00",
    "appointment_window": {"start": "2026-11-23T09:00:00+08:00", "end": "2026-11-23T11:00:00+08:00"},
    "arrived_at": "2026-11-23T09:12:00+08:00",
    "work_started_at": "2026-11-23T09:20:00+08:00",
    "work_ended_at": "2026-11-23T10:30:00+08:00",
    "left_at": "2026-11-23T10:41:00+08:00",
    "labour_minutes": 70,
    "travel_minutes": 35,
    "error_code": "E05",
    "responsibility": "wear",
    "outcome": "fixed",
    "fee_callout": None,
    "total_amount": None,
    "outstanding_issues": "none",
    "repair_guarantee_until": "2027-02-23",
    "survey_state": "answered",
    "signer_role": "employee",
    "signed_at": "2026-11-23T10:38:27+08:00",
    "currency": "CNY",
    "time_lines": [
        {
            "person": "张演示",
            "kind": "work",
            "started_at": "2026-11-23T09:20:00+08:00",
            "ended_at": "2026-11-23T10:30:00+08:00",
            "minutes": 70,
        }
    ],
    "photos": [],
    "sign_refusal_reason": None,
}

WORDS: dict[str, dict[str, Any]] = {
    "zh_Hans": {
        "provider_name": "示例山健身设备服务有限公司（演示）",
        "customer_name": "虚构动力健身俱乐部",
        "contact_name": "丙演示",
        "caller_name": "前台",
        "site_address": "云上市甲区示例大道 88 号占位广场 2 楼",
        "product_name": "商用跑步机",
        "unit_location": "2F 有氧区 03 号位",
        "usage_reading": "3 412 小时",
        "reported_symptom": "跑起来一顿一顿的，速度上到 10 以后皮带像是踩空，屏幕上有时候报 E05。",
        "symptom_code": {"code": "TM-S03", "label": "跑带打滑、停顿"},
        "failed_component": {"code": "TM-C01", "label": "跑带"},
        "cause_code": {"code": "C01", "label": "缺少润滑"},
        "remedy_code": {"code": "A01", "label": "更换"},
        "work_done": "拆下护罩，清除电机仓积尘；更换跑带，跑板翻面使用；重新调整张力与对中，"
        "空载 6 km/h 运行 5 分钟不跑偏；板面涂硅油 30 ml，并向前台说明每两周的润滑方法。",
        "test_result": "12 km/h 负载（75 kg）运行 10 分钟，工作电流 4.8 A，跑带无打滑、无异响；安全锁、急停有效。",
        "advice": "每两周涂一次硅油，每月检查一次跑带张力。",
        "customer_opinion": "师傅很准时，修好后很安静。",
        "signer_name": "丙演示",
        "technician_names": ["张演示"],
        "statement": "本人确认以上服务内容、更换配件、工时及费用属实，设备已当面试机；同意以本电子签名作为签收凭证。",
        "parts": ["跑带", "1300型", "条", "硅油", "100ml", "瓶"],
    },
    "zh_Hant": {
        "provider_name": "示例山健身設備服務（演示）",
        "customer_name": "虛構動力健身俱樂部",
        "contact_name": "丙演示",
        "caller_name": "櫃檯",
        "site_address": "雲上市甲區示例大道 88 號佔位廣場 2 樓",
        "product_name": "商用跑步機",
        "unit_location": "2F 有氧區 03 號位",
        "usage_reading": "3 412 小時",
        "reported_symptom": "跑起來一頓一頓的，速度上到 10 以後皮帶像是踩空，螢幕上有時候報 E05。",
        "symptom_code": {"code": "TM-S03", "label": "跑帶打滑、停頓"},
        "failed_component": {"code": "TM-C01", "label": "跑帶"},
        "cause_code": {"code": "C01", "label": "缺乏潤滑"},
        "remedy_code": {"code": "A01", "label": "更換"},
        "work_done": "拆下護罩，清除馬達艙積塵；更換跑帶，跑板翻面使用；重新調整張力與對中，"
        "空載 6 km/h 運轉 5 分鐘不偏移；板面塗矽油 30 ml，並向櫃檯說明每兩週的潤滑方法。",
        "test_result": "12 km/h 負載（75 kg）運轉 10 分鐘，工作電流 4.8 A，跑帶無打滑、無異音；安全鎖、緊急停止有效。",
        "advice": "每兩週塗一次矽油，每月檢查一次跑帶張力。",
        "customer_opinion": "師傅很準時，修好後很安靜。",
        "signer_name": "丙演示",
        "technician_names": ["張演示"],
        "statement": "本人確認上述服務內容、更換零件、工時及費用屬實，設備已當場測試；同意以本電子簽名作為簽收憑證。",
        "parts": ["跑帶", "1300型", "條", "矽油", "100ml", "瓶"],
    },
    "en": {
        "provider_name": "Mount Example Fitness Service Ltd (demo)",
        "customer_name": "Placeholder Gym",
        "contact_name": "Ms A. Sample",
        "caller_name": "Front desk",
        "site_address": "2nd floor, 88 Example Avenue, District A, Cloudtop City",
        "product_name": "Commercial treadmill",
        "unit_location": "2F cardio area, place 03",
        "usage_reading": "3,412 h",
        "reported_symptom": "The belt hesitates. Above 10 km/h it feels like stepping into nothing, and the screen "
        "sometimes shows E05.",
        "symptom_code": {"code": "TM-S03", "label": "Belt slips or hesitates"},
        "failed_component": {"code": "TM-C01", "label": "Running belt"},
        "cause_code": {"code": "C01", "label": "Lack of lubrication"},
        "remedy_code": {"code": "A01", "label": "Replaced"},
        "work_done": "Removed the hood and cleaned the motor compartment. Replaced the running belt and turned the "
        "deck over. Set tension and tracking; the belt stays centred for 5 minutes at 6 km/h without load. Applied "
        "30 ml of silicone oil and showed the front desk how to lubricate every two weeks.",
        "test_result": "10 minutes at 12 km/h with a load of 75 kg: 4.8 A, no slipping, no noise. Safety key and "
        "emergency stop work.",
        "advice": "Apply silicone oil every two weeks and check the belt's tension once a month.",
        "customer_opinion": "Very punctual, and the machine is quiet again.",
        "signer_name": "A. Sample",
        "technician_names": ["Zhang Yanshi"],
        "statement": "I confirm that the work, parts, time and charges above are correct, that the equipment was "
        "tested in my presence, and that this electronic signature may be used as proof of receipt.",
        "parts": ["Running belt", "type 1300", "pc", "Silicone oil", "100 ml", "btl"],
    },
    "es": {
        "provider_name": "Monte Ejemplo Servicio Fitness (demo)",
        "customer_name": "Hotel Ejemplo, gimnasio",
        "contact_name": "Sr. Prueba",
        "caller_name": "Recepción",
        "site_address": "Avenida Ejemplo 88, 2.ª planta, Distrito A, Ciudad de las Nubes",
        "product_name": "Cinta de correr comercial",
        "unit_location": "2.ª planta, zona de cardio, puesto 03",
        "usage_reading": "3412 h",
        "reported_symptom": "La banda se detiene a ratos. Por encima de 10 km/h parece que uno pisa en vacío y la "
        "pantalla muestra a veces E05.",
        "symptom_code": {"code": "TM-S03", "label": "La banda patina o se detiene"},
        "failed_component": {"code": "TM-C01", "label": "Banda de correr"},
        "cause_code": {"code": "C01", "label": "Falta de lubricación"},
        "remedy_code": {"code": "A01", "label": "Sustituido"},
        "work_done": "Se retiró la tapa y se limpió el compartimento del motor. Se sustituyó la banda y se dio la "
        "vuelta a la tabla. Se ajustaron tensión y centrado; la banda no se desvía durante 5 minutos a 6 km/h sin "
        "carga. Se aplicaron 30 ml de aceite de silicona y se explicó a recepción cómo lubricar cada dos semanas.",
        "test_result": "10 minutos a 12 km/h con 75 kg de carga: 4,8 A, sin deslizamiento ni ruido. La llave de "
        "seguridad y la parada de emergencia funcionan.",
        "advice": "Aplique aceite de silicona cada dos semanas y revise la tensión de la banda una vez al mes.",
        "customer_opinion": "Muy puntual; la máquina vuelve a ser silenciosa.",
        "signer_name": "Sr. Prueba",
        "technician_names": ["Zhang Yanshi"],
        "statement": "Confirmo que los trabajos, piezas, tiempo e importes indicados son correctos, que el equipo se "
        "probó en mi presencia y que esta firma electrónica sirve como acuse de recibo.",
        "parts": ["Banda de correr", "tipo 1300", "ud.", "Aceite de silicona", "100 ml", "bot."],
    },
}

HOSTILE = (
    '#panic("x") $x^2$ *b* _i_ @ref <label> `code` \\ // #include "report.typ" 👍👨‍👩‍👧 مرحبا สวัสดี \x00\x07\x1b[31m '
    "\ud800 \ue000 \uffff \u202egnp.exe \u0928\u092e a" + "\u0301" * 400
)


def ordinary(language: str) -> dict[str, Any]:
    """A treadmill's belt replaced under contract: the normal path, one page."""
    words = dict(WORDS[language])
    return ORDINARY | words | {"language": language, "parts": _belt_and_oil(*words["parts"])}


def hostile() -> dict[str, Any]:
    """Every text of the record replaced by what should break a page, each beside its own words."""
    record = ordinary("zh_Hans")
    texts = set(WORDS["zh_Hans"]) - {"parts", "technician_names", "statement"}
    for name in texts | {"brand", "model", "serial_no", "asset_tag", "error_code", "work_order_no"}:
        value = record[name]
        record[name] = value | {"label": HOSTILE} if isinstance(value, dict) else f"{value} {HOSTILE}"
    record["work_done"] = "字" + "w" * 30_000 + HOSTILE
    record["technician_names"] = [HOSTILE] * 4
    record["parts"] = [part | {"name": HOSTILE, "new_serial": "9" * 60} for part in record["parts"]]
    return record


def crowded() -> dict[str, Any]:
    """Twelve parts, nine photos, a very long story, two technicians, charges: the annex has to take the rest."""
    record = ordinary("zh_Hans")
    part = record["parts"][0] | {"charge": "paid", "old_part": "handed_over"}
    record["parts"] = [part | {"part_no": f"TM-BELT-{number:04}"} for number in range(1, 13)]
    record["work_done"] = "拆下护罩，清除积尘，更换跑带，调整张力与对中。" * 60 + "到此为止。"
    record["reported_symptom"] = "一顿一顿的，越跑越响，还有焦味。" * 30
    record["technician_names"] = ["张演示", "李示例"]
    record["time_lines"] = [
        line | {"person": person} for line in record["time_lines"] for person in record["technician_names"]
    ]
    record["photos"] = [
        {"digest": f"{number:02}ab" * 16, "label": label, "taken_at": f"2026-11-23T09:{number:02}:00+08:00"}
        for number, label in enumerate(["before", "after", "nameplate", "damage", "meter", *["other"] * 4], 11)
    ]
    record |= {
        "service_class": "A",
        "fee_callout": "120.00",
        "fee_distance": "36.00",
        "discount_amount": "76.00",
        "tax_rate": "13",
        "total_amount": "3200.00",
        "total_in_words": "叁仟贰佰元整",
        "payment_method": "对公转账",
        "safety_notice": "修复前请勿使用本机。",
        "do_not_use": True,
    }
    return record


def picture(seed: int = 1, size: tuple[int, int] = (1600, 1200)) -> bytes:
    """A JPEG with some detail, as a phone sends it."""
    noise = random.Random(seed)
    small = Image.new("RGB", (40, 30))
    small.putdata([(noise.randrange(256), noise.randrange(256), noise.randrange(256)) for _ in range(1200)])
    output = io.BytesIO()
    small.resize(size, Image.Resampling.BICUBIC).save(output, "JPEG", quality=85)
    return output.getvalue()


def strokes() -> list[list[list[int]]]:
    """A signature of three strokes with the tremor of a hand."""
    noise = random.Random(7)

    def stroke(left: int, top: int, wide: int, turns: float) -> list[list[int]]:
        steps = range(60)
        return [
            [
                int(left + wide * step / 60 + noise.randrange(-15, 15)),
                int(top + 700 * math.sin(turns * math.pi * step / 30) + noise.randrange(-15, 15)),
                step * 12,
            ]
            for step in steps
        ]

    return [stroke(1500, 1600, 2200, 2.5), stroke(3900, 1500, 2400, 3.5), stroke(1800, 2500, 5200, 0.6)]


def _belt_and_oil(belt: str, belt_spec: str, pc: str, oil: str, oil_spec: str, bottle: str) -> list[dict[str, Any]]:
    common = {"charge": "free", "source": "van", "new_serial": None, "old_serial": None}
    return [
        common
        | {
            "part_no": "TM-BELT-1300",
            "name": belt,
            "spec": belt_spec,
            "unit": pc,
            "quantity": "1",
            "unit_price": "260.00",
            "amount": "260.00",
            "old_part": "waived",
        },
        common
        | {
            "part_no": "TM-OIL-100",
            "name": oil,
            "spec": oil_spec,
            "unit": bottle,
            "quantity": "2.0",
            "unit_price": "25.00",
            "amount": "50.00",
            "old_part": "none",
        },
    ]
