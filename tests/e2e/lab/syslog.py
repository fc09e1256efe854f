# SPDX-License-Identifier: BSD-2-Clause
"""Writes what is sent to a syslog socket to a file, each line with the time of its arrival. Usage: syslog.py SOCKET FILE"""
import os
import re
import socket
import sys
import time

receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
with open(sys.argv[2], "a", buffering=1, encoding="utf-8") as log:
    while True:
        line = receiver.recv(8192).decode("utf-8", "replace").rstrip("\n\0")
        log.write("%.6f %s\n" % (time.time(), re.sub(r"^<\d+>(\w{3} [ \d]\d [\d:]{8} )?", "", line)))
