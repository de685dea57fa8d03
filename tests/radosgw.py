"""Ceph's own object gateway over a cluster in memory, in one folder and on loopback: what the long form runs against.

It comes from Debian (`radosgw ceph-mon ceph-osd ceph-mgr`), checks signatures and keeps to `If-None-Match`.
"""

import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

from tests.servers import free_port

PROGRAMS = ("ceph", "ceph-mon", "ceph-mgr", "ceph-osd", "radosgw", "radosgw-admin", "monmaptool")
CONF = """[global]
fsid = {fsid}
auth cluster required = none
auth service required = none
auth client required = none
mon host = [v1:127.0.0.1:{mon}/0]
ms bind msgr2 = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd crush chooseleaf type = 0
mon allow pool size one = true
osd objectstore = memstore
memstore device bytes = 1073741824
osd class load list = *
osd class default list = *
log file = {folder}/$name.log
run dir = {folder}
admin socket = {folder}/$name.asok
pid file = {folder}/$name.pid
crash dir = {folder}/crash
mon data = {folder}/mon
mgr data = {folder}/mgr
osd data = {folder}/osd
mon cluster log file = {folder}/cluster.log
[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw data = {folder}/rgw
rgw enable usage log = false
"""


def can_run() -> bool:
    return os.geteuid() == 0 and all(map(shutil.which, PROGRAMS))


class RadosGateway:
    """Started by `with`; `url` is where it listens."""

    def __init__(self, folder: Path, key: str, secret: str) -> None:
        self.folder, self.key, self.secret = folder, key, secret
        self.port, self.running = free_port(), []  # type: tuple[int, list[subprocess.Popen[bytes]]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "RadosGateway":
        mon, fsid = free_port(), str(uuid.uuid4())
        self.conf = self.folder / "ceph.conf"
        self.conf.write_text(CONF.format(fsid=fsid, mon=mon, folder=self.folder, port=self.port))
        for name in ("mon", "mgr", "osd", "rgw"):
            (self.folder / name).mkdir()
        monmap = str(self.folder / "monmap")
        self.run("monmaptool", "--create", "--addv", "a", f"[v1:127.0.0.1:{mon}]", "--fsid", fsid, monmap)
        self.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, *self.root)
        self.serve("ceph-mon", "-i", "a")
        self.serve("ceph-mgr", "-i", "a")
        osd = str(uuid.uuid4())
        self.run("ceph", "osd", "new", osd)
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd, *self.root)
        self.serve("ceph-osd", "-i", "0")
        self.serve("radosgw", "-n", "client.rgw.a")
        self.wait()
        names = ("--uid=portal", "--display-name=portal", f"--access-key={self.key}", f"--secret-key={self.secret}")
        self.run("radosgw-admin", "user", "create", *names)
        return self

    root = ("--setuser", "root", "--setgroup", "root")

    def run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [program, "-c", str(self.conf), *words] if program != "monmaptool" else [program, *words],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"{program} {words}: {done.stdout[-1500:]}{done.stderr[-1500:]}"

    def serve(self, program: str, *words: str) -> None:
        with (self.folder / f"{program}.out").open("wb") as out:
            self.running.append(
                subprocess.Popen([program, "-c", str(self.conf), "-f", *words, *self.root], stdout=out, stderr=out)
            )

    def wait(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(self.url, timeout=2):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                assert all(server.poll() is None for server in self.running), "a part of Ceph ended"
                time.sleep(0.1)
        raise AssertionError("the object gateway did not come up")

    def __exit__(self, *_: object) -> None:
        for server in reversed(self.running):
            server.kill()
            server.wait(20)
