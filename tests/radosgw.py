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
ROOT = ("--setuser", "root", "--setgroup", "root")
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
        self.port = free_port()
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "RadosGateway":
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self) -> None:
        mon, fsid, osd = free_port(), str(uuid.uuid4()), str(uuid.uuid4())
        self.conf = self.folder / "ceph.conf"
        self.conf.write_text(CONF.format(fsid=fsid, mon=mon, folder=self.folder, port=self.port))
        for name in ("mon", "mgr", "osd", "rgw"):
            (self.folder / name).mkdir()
        monmap = str(self.folder / "monmap")
        run("monmaptool", "--create", "--addv", "a", f"[v1:127.0.0.1:{mon}]", "--fsid", fsid, monmap)
        self.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, *ROOT)
        self.serve("ceph-mon", "-i", "a")
        self.serve("ceph-mgr", "-i", "a")
        self.run("ceph", "osd", "new", osd)
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd, *ROOT)
        self.serve("ceph-osd", "-i", "0")
        self.serve("radosgw", "-n", "client.rgw.a")
        self.wait()
        names = ("--uid=portal", "--display-name=portal", f"--access-key={self.key}", f"--secret-key={self.secret}")
        self.run("radosgw-admin", "user", "create", *names)

    def run(self, program: str, *words: str) -> None:
        run(program, "-c", str(self.conf), *words)

    def serve(self, program: str, *words: str) -> None:
        command = [program, "-c", str(self.conf), "-f", *words, *ROOT]
        with (self.folder / f"{program}.out").open("ab") as out:
            self.running[program] = subprocess.Popen(command, stdout=out, stderr=out)

    def wait(self) -> None:
        end = time.monotonic() + 90
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(self.url, timeout=2):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                if self.running["ceph-osd"].poll() is not None:  # it was quicker than the monitor's first map
                    self.serve("ceph-osd", "-i", "0")
                time.sleep(0.5)
        raise AssertionError("the object gateway did not come up")

    def __exit__(self, *_: object) -> None:
        for server in reversed(self.running.values()):
            server.kill()
            server.wait(20)


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{command}: {done.stdout[-1500:]}{done.stderr[-1500:]}"
