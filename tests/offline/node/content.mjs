import assert from "node:assert";
import { content } from "../../../static/js/outbox.js";
const path = "/visits/00000000-0000-4000-8000-000000000001/part-uses";
const digest = await content(path, [["quantity", "2"], ["item", "TM-OIL-100"], ["old_part", "none"], ["csrf_token", "x"], ["entry_id", "y"]], []);
assert.equal(digest, "ee7853148c0aae04bd844d76c56bc5b0baff2a334779b4bb15e3c6fd1171b8f1");
