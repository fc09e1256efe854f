# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Exim on the farm, from a package that was unpacked, not installed (.ci/deps): Debian allows one mail server only.
exim_start() {
	mkdir -p "$LAB/exim"
	cp "$LAB/key.pem" "$LAB/exim/key.pem"
	chown -R mail:mail "$LAB/exim"
	ln -sf exim/mainlog "$LAB/exim.log"
	farm_template exim.conf exim >"$LAB/exim.conf"
	farm_daemon exim exim.err /usr/sbin/exim4 -C "$LAB/exim.conf" -bdf
}

exim_stop() { farm_kill exim; }
