# SPDX-License-Identifier: BSD-2-Clause
"""Has the kernel count the run time of BPF programs (BPF_ENABLE_STATS) until it is ended, at the latest after five
minutes: the count is the machine's, not the lab's."""
import ctypes
import platform
import time

BPF_ENABLE_STATS = 32
NUMBER = {"x86_64": 321}.get(platform.machine(), 280)
attr = (ctypes.c_uint32 * 32)()  # type 0: BPF_STATS_RUN_TIME
libc = ctypes.CDLL(None, use_errno=True)
if libc.syscall(NUMBER, BPF_ENABLE_STATS, attr, ctypes.sizeof(attr)) < 0:
    raise OSError(ctypes.get_errno(), "BPF_ENABLE_STATS")
time.sleep(300)
