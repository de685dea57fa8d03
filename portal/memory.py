"""How a long-running process stays small.

glibc gives each thread a heap of its own, and all of them keep what a paper or a photo has once needed: eight threads
hold twice as much as one. So all share one heap, which gives back what is free at its end; Python's threads take turns
anyway. Other C libraries know no such wish and are left as they are.
"""

import ctypes

HEAPS, KEPT_FREE = -8, -1  # M_ARENA_MAX and M_TRIM_THRESHOLD of glibc's malloc.h
MOST_FREE = 128 * 1024  # bytes


def keep_small() -> bool:
    """Before threads start; says whether the C library heard it."""
    try:
        wish = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(wish(HEAPS, 1) and wish(KEPT_FREE, MOST_FREE))
