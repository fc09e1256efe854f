# shellcheck shell=bash disable=SC2034 # for bout.sh
# SPDX-License-Identifier: BSD-2-Clause
# CrowdSec and its nftables bouncer of Debian, with the mail parsers and scenarios of the hub that the package ships:
# dovecot-spam (the fourth failure in a bucket that leaks one in six minutes) and postfix-spam (the sixth in one that
# leaks one in ten seconds). The bouncer asks every ten seconds. As without network: no central API, hence no
# community blocklist.
TITLE="CrowdSec"
CROWDSEC_POLL=10s

link_item() { # KIND/STAGE... VENDOR/NAME, as the package's postinst does it
	mkdir -p "$LAB/crowdsec/${1%/}"
	ln -s "$UNPACKED/usr/share/crowdsec/hub/$1/$2.yaml" "$LAB/crowdsec/$1/$(basename "$2").yaml"
}

# Of a scenario, a copy with its times, when time runs faster.
scenario_scaled() {
	local name=$1 leak=$2 line file="$UNPACKED/usr/share/crowdsec/hub/scenarios/crowdsecurity/$1.yaml"
	if [ "$FASTER" = 1 ]; then
		link_item scenarios "crowdsecurity/$name"
	else
		mkdir -p "$LAB/crowdsec/scenarios"
		line=$(awk -v s="$leak" -v faster="$FASTER" 'BEGIN { printf "%dms", s * 1000 / faster }')
		sed -E "s/^leakspeed: .*/leakspeed: \"$line\"/; s/^blackhole: .*/blackhole: 1s/" "$file" \
			>"$LAB/crowdsec/scenarios/$name.yaml"
	fi
}

crowdsec_items() {
	link_item parsers/s00-raw crowdsecurity/syslog-logs
	link_item parsers/s01-parse crowdsecurity/dovecot-logs
	link_item parsers/s01-parse crowdsecurity/postfix-logs
	link_item parsers/s02-enrich crowdsecurity/dateparse-enrich
	scenario_scaled dovecot-spam 360
	scenario_scaled postfix-spam 10
}

crowdsec_config() {
	mkdir -p "$LAB/crowdsec" "$LAB/crowdsec-data"
	cp -r "$UNPACKED"/etc/crowdsec/{patterns,profiles.yaml,simulation.yaml} "$LAB/crowdsec/"
	sed -e "s|/etc/crowdsec/|$LAB/crowdsec/|; s|/var/lib/crowdsec/data|$LAB/crowdsec-data|" \
		-e "s|/var/lib/crowdsec/hub|$UNPACKED/usr/share/crowdsec/hub|; /online_client:/,/online_api/d" \
		"$UNPACKED/etc/crowdsec/config.yaml" >"$LAB/crowdsec/config.yaml"
	printf 'db_config:\n  use_wal: true\n' >"$LAB/crowdsec/config.yaml.local" # as the package does
	printf 'filenames:\n - /var/log/mail.log\nlabels:\n  type: syslog\n' >"$LAB/crowdsec/acquis.yaml"
	printf 'mode: nftables\napi_key: %s\nupdate_frequency: %s\n' duel "$CROWDSEC_POLL" >"$LAB/bouncer.yaml.local"
	cp "$UNPACKED/etc/crowdsec/bouncers/crowdsec-firewall-bouncer.yaml" "$LAB/bouncer.yaml"
}

contender_start() {
	local cscli=("$UNPACKED/usr/bin/cscli" -c "$LAB/crowdsec/config.yaml" --error)
	crowdsec_config
	crowdsec_items
	touch "$LAB/crowdsec/local_api_credentials.yaml"
	on farm "${cscli[@]}" machines add duel --force --password duel >/dev/null
	on farm "${cscli[@]}" bouncers add duel -k duel >/dev/null
	contender_daemon "$UNPACKED/usr/bin/crowdsec" -c "$LAB/crowdsec/config.yaml"
	wait_until 30 on farm curl -sf http://127.0.0.1:6060/metrics || die "crowdsec does not start"
	wait_until 30 grep -q 'Starting processing data' /var/log/crowdsec.log || die "crowdsec reads no log"
	contender_daemon "$UNPACKED/usr/bin/crowdsec-firewall-bouncer" -c "$LAB/bouncer.yaml"
	wait_until 30 on farm nft list table ip crowdsec || die "the bouncer does not start"
}

deciding() {
	case $1 in
	fast | tls | held | slow | cgnat) echo 4 ;;
	smtp) echo 6 ;;
	esac
}
