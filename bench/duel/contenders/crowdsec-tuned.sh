# shellcheck shell=bash disable=SC2034,SC1091 # for bout.sh
# SPDX-License-Identifier: BSD-2-Clause
# CrowdSec as a good admin sets it up: each failure in the log at once (auth_verbose), with the one pattern that the
# package's parser lacks for it (it knows passwd-file lines without a session only), and a bouncer that asks each second.
. "$DUEL/contenders/crowdsec.sh"
TITLE="CrowdSec, tuned"
VERBOSE=yes
CROWDSEC_POLL=1s

# The parser with one more pattern. Each failure is now logged twice, at once and when the connection ends, and counts
# twice, as it does for fail2ban: whoever sets auth_verbose has that.
eval "untuned_$(declare -f crowdsec_items)"
crowdsec_items() {
	untuned_crowdsec_items
	rm "$LAB/crowdsec/parsers/s01-parse/dovecot-logs.yaml"
	sed 's|passwd-file\\\\(%{DATA:dovecot_user},%{IP:dovecot_remote_ip}\\\\)|passwd-file\\\\(%{DATA:dovecot_user},%{IP:dovecot_remote_ip}(,<%{DATA}>)?\\\\)|' \
		"$UNPACKED/usr/share/crowdsec/hub/parsers/s01-parse/crowdsecurity/dovecot-logs.yaml" \
		>"$LAB/crowdsec/parsers/s01-parse/dovecot-logs.yaml"
}

# With both lines of a failure the bucket of dovecot-spam fills faster than it leaks.
deciding() {
	case $1 in
	fast | smtp | tls | held | slow | patient | cgnat) echo 4 ;;
	esac
}
