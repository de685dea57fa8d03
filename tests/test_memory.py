"""A process with many threads keeps one heap."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

THREADS = """
import ctypes, os, sys, threading
from portal.memory import keep_small
if sys.argv[1] == "small":
    assert keep_small()
libc, ready = ctypes.CDLL(None), threading.Barrier(8)
libc.fopen.restype = ctypes.c_void_p
def work():
    ready.wait()
    kept = [bytes(20_000) for _ in range(50)]
    ready.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
[one.start() for one in threads]
[one.join() for one in threads]
file = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has no such heaps")
def test_threads_share_one_heap(tmp_path: Path) -> None:
    heaps = {}
    for way in ("small", "usual"):
        told = tmp_path / way
        subprocess.run([sys.executable, "-c", THREADS, way, str(told)], check=True, timeout=60)
        heaps[way] = told.read_text().count("<heap nr=")
    assert heaps["small"] == 1 < heaps["usual"]
