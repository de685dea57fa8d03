#!/usr/bin/env python3
"""Checks the proof bundle of a service report without the portal: python3 verify_report.py BUNDLE (zip or folder).

Needs Python 3.8 or newer and nothing else. Ends with 0 when all holds, with 1 and the reason when not.
"""

import hashlib
import json
import re
import sys
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

MOST = 64 * 1024 * 1024  # bytes that one stream of a PDF is unpacked to: a record is far smaller


def members(path):
    if path.is_dir():
        return {p.relative_to(path).as_posix(): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}
    with zipfile.ZipFile(path) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def sha(content):
    return hashlib.sha256(content).hexdigest()


def exact(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def check_manifest(files):
    listed = json.loads(files["manifest.json"])
    yield "manifest.json", files["manifest.json"] == exact(listed) and listed["format"] == "FSR-BUNDLE-1"
    for name in sorted(set(listed["files"]) | set(files) - {"manifest.json"}):
        yield f"{name} is the file that was listed", sha(files.get(name, b"")) == listed["files"].get(name)


def check_record(record, files):
    yield "record.json", files["record.json"] == exact(record) and record["format"] == "FSR-PROOF-1"
    documents, named = record["documents"], [record["number"], record["revision"]]
    report, first = documents[0], json.loads(documents[0]["content"])
    bears = [first["report_no"], first["report_version"], report["kind"]]
    yield "the report bears its number", bears == [*named, "service_report"]
    photos, known = [], {"manifest.json", "record.json", "report.pdf", "README.txt"}
    for one in documents:
        title = f"#{one['n']} {one['kind']}"
        content, evidence = json.loads(one["content"]), json.loads(one["evidence"])
        for side in ("content", "evidence"):
            digest = sha(bytes.fromhex(one["salt"]) + one[side].encode())
            yield f"{title}: {side} has its digest", digest == one[f"{side}_digest"]
        text = one["content_digest"] if one is report else content["content_digest"]
        belongs = [one["number"], one["revision"], text] == [*named, report["content_digest"]]
        yield f"{title} belongs to this report's text", belongs
        marks = [("", evidence.get("strokes"))]
        marks += [(f"-technician-{n}", mark["strokes"]) for n, mark in enumerate(evidence.get("technicians") or [], 1)]
        for suffix, strokes in marks:
            if strokes:
                name = f"ink/{one['n']}{suffix}.json"
                known |= {name, name.replace(".json", ".svg")}
                yield f"{name} is the ink that was sealed", files.get(name) == exact(strokes)
        photos += [photo["digest"] for photo in content.get("photos") or []] + [evidence.get("photo")]
    photos = list(dict.fromkeys(filter(None, photos)))
    yield "the list of photos is the one that was sealed", record["photos"] == photos
    for digest in photos:
        yield f"photo {digest[:12]} is there, unchanged", sha(files.get(f"photos/{digest}.jpg", b"")) == digest
    yield "there is nothing else", set(files) == known | {f"photos/{digest}.jpg" for digest in photos}


def check_paper(files):
    carried = []
    for start in re.finditer(rb"stream\r?\n", files["report.pdf"]):
        with suppress(zlib.error):
            carried.append(zlib.decompressobj().decompress(files["report.pdf"][start.end() :], MOST))
    carried = [text for text in carried if text[:1] == b"{" and b'"format":"FSR-PROOF-1"' in text]
    if carried:
        yield "the PDF carries this very record", set(carried) == {files["record.json"]}
    else:
        print("NOTE  the PDF carries no record: only the list of files ties it to what was signed")


def main(path):
    try:
        files = members(Path(path))
        record, good = json.loads(files["record.json"]), True
        for what, holds in [*check_manifest(files), *check_record(record, files), *check_paper(files)]:
            print("ok    " if holds else "WRONG", what)
            good = good and holds
        print(f"\nReport {record['number']}, revision {record['revision']}. Compare with the paper, or with")
        print(f"{record['verify']}\nSHA-256 {record['documents'][0]['content_digest']}\n")
    except Exception as problem:  # whatever a changed file makes of it
        good = print("WRONG the bundle cannot be read:", type(problem).__name__, problem)
    print("Everything holds." if good else "THIS IS NOT WHAT WAS SIGNED, or it was changed since.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
