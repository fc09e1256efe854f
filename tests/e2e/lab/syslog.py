# SPDX-License-Identifier: BSD-2-Clause
"""Writes what is sent to a syslog socket to a file, each line with the time of its arrival. With a HOST each line is as
syslog itself would write it instead, and those that match LEFT_OUT are not written.
Usage: syslog.py SOCKET FILE [HOST [LEFT_OUT]]"""
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
        text = re.sub(r"^<\d+>(\w{3} [ \d]\d [\d:]{8} )?", "", line)
        if len(sys.argv) > 4 and re.search(sys.argv[4], text):
            continue
        if len(sys.argv) > 3:
            log.write("%s %s %s\n" % (time.strftime("%b %e %H:%M:%S"), sys.argv[3], text))
        else:
            log.write("%.6f %s\n" % (time.time(), text))
