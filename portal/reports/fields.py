"""Which fields of a report are signed: a list with a version. Another list is another version; old ones stay.

Internal notes, access notes and what a supervisor writes are on no list: they may change without a new signature.
"""

FIRST = (
    "advice", "appointment_window", "arrived_at", "asset_tag", "brand", "caller_name", "cause_code", "cause_note",
    "checklist_result", "condition_on_arrival", "contact_name", "contact_phone", "coverage_evidence",
    "coverage_status", "coverage_until", "currency", "customer_kind", "customer_name", "customer_opinion",
    "departed_at", "diagnosis_steps", "discount_amount", "dispatched_at", "error_code", "exclusion_reason",
    "failed_component", "fee_callout", "fee_distance", "fee_inspection", "fee_other", "follow_up_due_on",
    "follow_up_owner", "form", "installed_on", "invoice_no", "invoice_request", "labour_lines", "labour_minutes",
    "language", "left_at", "manufactured_on", "model", "next_service_on", "outcome", "outstanding_issues", "parts",
    "paused_minutes", "payment_method", "photos", "priority", "product_name", "provider_hotline", "provider_name",
    "purchased_on", "quote_ref", "remedy_code", "repair_guarantee_until", "report_no", "report_version",
    "reported_at", "reported_symptom", "responsibility", "safety_notice", "serial_no", "service_class",
    "sign_refusal_reason", "signed_at", "signer_name", "signer_role", "site_address", "statement", "survey_state",
    "symptom_code", "tax_rate", "technician_ids", "technician_names", "test_result", "time_lines", "total_amount",
    "total_in_words", "travel_km", "travel_minutes", "unit_location", "usage_reading", "visit_seq", "work_done",
    "work_ended_at", "work_order_no", "work_started_at", "work_type",
)  # fmt: skip
SECOND = (*FIRST, "revision_reason", "signed_for", "signer_phone")
SIGNED: dict[str, tuple[str, ...]] = {
    "FSR-1": FIRST,
    "FSR-2": SECOND,
    "FSR-3": (*SECOND, "do_not_use", "use_again", "readings"),
}
FORM = "FSR-3"
# What differs between two papers over the same facts: who signs, when, in which revision and language.
OF_SIGNING = (
    "form", "report_no", "survey_state", "customer_opinion", "signed_at", "sign_refusal_reason", "statement",
    "signer_name", "signer_role", "signed_for", "signer_phone", "report_version", "revision_reason", "language",
)  # fmt: skip
