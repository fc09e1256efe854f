#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A corpus to measure with: `make accuracy CORPUS=DIRECTORY`. Five takes of record-tls.sh with eight kinds of servers that
# are set up in different ways, some thousand connections in half an hour.
# Usage: .ci/deps build lab record && make && tests/e2e/lab/record-corpus.sh DIRECTORY [TAKE...]
set -eu
here=$(dirname "$(realpath "$0")")
out=$(realpath -m "${1:?the directory to write to}")
shift
export ROUNDS=${ROUNDS:-6} LAB_ATTACK_S=${LAB_ATTACK_S:-50}

record() { # TAKE LABEL SERVERS [NAME=VALUE...]
	local take=$1 label=$2 servers=$3
	shift 3
	# shellcheck disable=SC2086 # words
	env TAKE="$take" LABEL="$label" "$@" "$here/record-tls.sh" "$out" $servers
}

take_0() { record 0 "as shipped" "dovecot slow postfix courier exim"; }
take_1() {
	record 1 "RSA and CRAM-MD5" "cyrus nginx haproxy" LAB_TLS_KEY=rsa LAB_AUTH_MECHANISMS="plain login cram-md5"
}
take_2() {
	record 2 "RSA and other texts and PLAIN only" "dovecot slow postfix courier exim" LAB_TLS_KEY=rsa \
		LAB_GREETING="Welcome to the mail of Example Ltd., whoever misuses it is logged." LAB_AUTH_MECHANISMS=plain \
		LAB_AUTH_DELAY="1 secs" LAB_REJECT_FOOTER=". See https://help.example/mail" \
		LAB_DOVECOT_MORE="imap_capability = +XEXAMPLE" COURIER_CAPABILITY="IMAP4rev1 IDLE" HYDRA_TLS=1.2-cbc
}
take_3() {
	record 3 "penalty and many mechanisms" "dovecot postfix cyrus nginx" LAB_AUTH_PENALTY=1 LAB_AUTH_DELAY="3 secs" \
		LAB_AUTH_MECHANISMS="plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256" LAB_GREETING="Hi." \
		LAB_CYRUS_MECHANISMS="PLAIN" LAB_NGINX_WAIT= LAB_NGINX_REFUSAL="Login failed: check name and password" \
		LAB_POSTFIX_MORE="smtpd_sasl_authenticated_header = yes" LAB_ATTACK_S=80
}
take_4() {
	record 4 "60 ms away" "dovecot postfix courier exim nginx" FAR_MS=30 LAB_AUTH_DELAY="2 secs" \
		LAB_AUTH_MECHANISMS="plain login"
}

for take in ${*:-0 1 2 3 4}; do "take_$take"; done
