#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A server is calibrated before it is protected. The truth is what the same server says in the clear, where the lab's
# servers take logins as well: its texts, counted.
. "$(dirname "$0")/../lib.sh"

story "gatepost calibrate writes down how long a server's replies are, and says what is wrong when it cannot"

PASSWORD=correct-horse
LAB_AUTH_MECHANISMS="plain login cram-md5"
lab_user alice $PASSWORD
lab_up dovecot postfix
host prober 203.0.113.10 2001:db8:cafe::10
mkdir -m 755 "$LAB/profiles"
(umask 077 && printf 'alice\n%s\n' $PASSWORD >"$LAB/account" && printf 'alice\nwrong\n' >"$LAB/wrong-account")

# Everything that it ever says is kept, to look for the password in it.
calibrate() {
	local code=0
	on prober "$GATEPOST" calibrate "$@" >"$LAB/calibrate.out" 2>&1 || code=$?
	tee -a "$LAB/calibrate.all" <"$LAB/calibrate.out"
	return $code
}

# At the same time, for the sake of ours.
calibrate_each() {
	local url pid pids=()
	for url; do
		on prober "$GATEPOST" calibrate --profiles "$LAB/profiles" "$url" >>"$LAB/calibrate.all" 2>&1 &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid" || { cat "$LAB/calibrate.all"; return 1; }; done
}

# answers PORT LINE...: what the server says in the clear to one line after the other, without the CR.
answers() {
	local port=$1 line
	shift
	{ sleep 0.3; for line; do printf '%s\r\n' "$line"; sleep 1; done; } |
		on prober timeout 20 bash -c "exec 3<>/dev/tcp/$FARM4/$port; cat <&3 & cat >&3; wait" | tr -d '\r'
}
# length PATTERN FILE: of the first such line, with its CRLF.
length() { awk -v pattern="$1" '$0 ~ pattern { print length($0) + 2; exit }' "$2"; }

# steps NAME FILE: the different lengths of the steps that begin so.
steps() { sed -nE "s/.*\"name\": \"$1[^\"]*\".*\"total\": ([0-9]+).*/\1/p" "$2" | sort -nu | xargs; }
profile() { echo "$LAB/profiles/$1-$2.json"; }
steps_are() { equal "$(steps "$1" "$2")" "$3"; }
mode_is() { equal "$(stat -c %a "$1")" "$2"; }
at_least_s() { # SECONDS FILE: every failure took as long
	sed -nE 's/.*"name": "F:(LOGIN|PASS|PLAIN)[^"]*".*"dt": ([0-9.]+).*/\2/p' "$2" |
		awk -v least="$1" '{ print; n++ } $1 < least { early = 1 } END { exit early || !n }'
}

step "what the servers say in the clear"
asked=()
answers 143 'a1 LOGIN nobody wrong' 'a1 LOGOUT' >"$LAB/imap.txt" & asked+=($!)
answers 143 "a1 LOGIN alice $PASSWORD" 'a1 LOGOUT' >"$LAB/imap-ok.txt" & asked+=($!)
answers 110 'USER nobody' 'PASS wrong' QUIT >"$LAB/pop3.txt" & asked+=($!)
answers 587 'EHLO x' 'AUTH PLAIN AG5vYm9keQB3cm9uZw==' QUIT >"$LAB/smtp.txt" & asked+=($!)
wait "${asked[@]}"
imap=$(length '^a1 NO' "$LAB/imap.txt")
imap_ok=$(length '^a1 OK .CAPABILITY' "$LAB/imap-ok.txt")
pop3=$(length '^-ERR .AUTH' "$LAB/pop3.txt")
smtp=$(length '^535' "$LAB/smtp.txt")
check "they do refuse" test "$imap" -gt 20 -a "$imap_ok" -gt 100 -a "$pop3" -gt 20 -a "$smtp" -gt 20
let_in=$(farm_successes 203.0.113.10)

step "through TLS, IPv4 and IPv6"
check "imaps, pop3s and submissions are calibrated" \
	calibrate_each "imaps://$FARM4" "imaps://[$FARM6]" "pop3s://$FARM4" "submissions://$FARM4"
check "imaps: the failures are as long as the text" steps_are F "$(profile $FARM4 993)" "$imap"
check "imaps: the challenge and the prompts are there" says '"name": "cont2".*"text": "\+ ' cat "$(profile $FARM4 993)"
check "without an account there is no success in it" steps_are S "$(profile $FARM4 993)" ""
check "the file may be read by the group only" mode_is "$(profile $FARM4 993)" 640
check "imaps on IPv6 has a file of its own" steps_are F "$(profile $FARM6 993)" "$imap"
check "nothing was left beside them" equal "$(find "$LAB/profiles" -type f | wc -l)" 4
check "pop3s: the failures are as long as the text" steps_are F "$(profile $FARM4 995)" "$pop3"
check "submissions: the failures are as long as the text" steps_are F:PLAIN "$(profile $FARM4 465)" "$smtp"
for mechanism in PLAIN-IR AUTH-LOGIN CRAM-MD5; do
	check "submissions: $mechanism was tried" steps_are "F:$mechanism" "$(profile $FARM4 465)" "$smtp"
done
check "the delay is there" at_least_s 0.1 "$(profile $FARM4 993)"

step "through STARTTLS, and nothing before it"
capture_start prober eth0 "$LAB/wire.pcap" "tcp port 143 or tcp port 110 or tcp port 587"
check "imap, pop3 and submission are calibrated" \
	calibrate_each "imap://$FARM4" "pop3://$FARM4" "submission://$FARM4:587/"
check "imap: as through TLS" steps_are F "$(profile $FARM4 143)" "$imap"
check "pop3: as through TLS" steps_are F "$(profile $FARM4 110)" "$pop3"
check "submission: as through TLS" steps_are F:PLAIN "$(profile $FARM4 587)" "$smtp"
capture_stop
check "there was a dialogue" says STARTTLS tcpdump -Z root -Anr "$LAB/wire.pcap"
check "no login of it was in the clear" not says 'LOGIN gp|AUTHENTICATE|AUTH PLAIN|USER gp|PASS ' \
	tcpdump -Z root -Anr "$LAB/wire.pcap" "src host 203.0.113.10"

step "with an account"
name=$(farm_name "$FARM4")
check "the account is not shown to a server that nobody vouches for" \
	exits 1 calibrate --account "$LAB/account" "imaps://$name"
check "and that is said" says 'certificate of .* is not good' cat "$LAB/calibrate.out"
check "the account did not arrive" equal "$(farm_successes 203.0.113.10)" "$let_in"
export SSL_CERT_FILE=$LAB/cert.pem
check "to one with a good certificate it is" \
	calibrate --account "$LAB/account" --profiles "$LAB/profiles" "imaps://$name"
check "the success is as long as the text" steps_are S "$(profile $FARM4 993)" "$imap_ok"
check "a good certificate for another name is not good" \
	exits 1 calibrate --account "$LAB/account" "imaps://$FARM4"
unset SSL_CERT_FILE
check "--tls-verify no, POP3" \
	calibrate --tls-verify no --account "$LAB/account" --output "$LAB/out.json" "pop3s://$FARM4"
check "pop3: the success is there" steps_are S "$LAB/out.json" 16
check "--tls-verify no, SMTP, JSON to standard output" \
	says '"name": "S:PLAIN-IR".*"total": 37' calibrate --tls-verify no --account "$LAB/account" -o - "submission://$FARM4"
check "an account that is refused is an error" \
	exits 1 calibrate --tls-verify no --account "$LAB/wrong-account" --output "$LAB/no.json" "imaps://$FARM4"
check "with the server's words" says 'does not get in.*AUTHENTICATIONFAILED' cat "$LAB/calibrate.out"
check "and no file" not test -e "$LAB/no.json"
chmod 644 "$LAB/account"
check "an account that others can read is refused" exits 1 calibrate --account "$LAB/account" "imaps://$FARM4"
check "and it is said how to mend it" says 'chmod 600' cat "$LAB/calibrate.out"

step "servers that cannot be calibrated"
# PORT WORDS [wait]: says so to whoever comes, then hangs up or does not.
cat >"$LAB/odd.pl" <<'END'
use IO::Socket::INET;
$SIG{PIPE} = 'IGNORE';
my ($port, $say, $wait) = @ARGV;
my $listener = IO::Socket::INET->new(LocalPort => $port, Listen => 8, ReuseAddr => 1) or die;
my @held;
while (my $peer = $listener->accept) { print $peer $say; $peer->flush; $wait ? push(@held, $peer) : close($peer) }
END
on farm perl "$LAB/odd.pl" 1001 '' &
on farm perl "$LAB/odd.pl" 1002 $'* OK hello\r\n' &
on farm perl "$LAB/odd.pl" 1003 $'* BYE \e[31mgo away\r\n' &
on farm perl "$LAB/odd.pl" 1004 '' wait &
on farm perl "$LAB/odd.pl" 1005 "$(printf '* OK endless%.0s' {1..5000})" wait &
for port in 1001 1002 1003 1004 1005; do wait_until 5 connects prober $port; done
fails() { # CLAIM PATTERN ARGUMENT...
	local claim=$1 pattern=$2
	shift 2
	check "$claim: exit code 1" exits 1 calibrate --timeout 2s "$@"
	check "$claim: it is said" says "$pattern" cat "$LAB/calibrate.out"
}
fails "one that hangs up at once" 'hung up during the TLS handshake' "imaps://$FARM4:1001"
fails "the same with STARTTLS" 'hung up before it greeted' "imap://$FARM4:1001"
fails "one that hangs up after its greeting" 'no TLS here' "imap://$FARM4:1002"
fails "one that turns us away" 'does not let us in; the server said: \* BYE \?\[31mgo away' "imap://$FARM4:1003"
fails "one that is silent" 'no answer to the TLS handshake' "imaps://$FARM4:1004"
fails "one that does not stop" 'does not end' "imap://$FARM4:1005"
fails "TLS on a port without" 'STARTTLS' "imaps://$FARM4:143"
fails "STARTTLS on a port with TLS" 'want TLS from the start' "imap://$FARM4:993"
fails "another protocol" 'does not let us in' "pop3://$FARM4:143"
fails "a port where nobody listens" "port 1: Connection refused" "imaps://$FARM4:1"
fails "a name that does not exist" 'nowhere.example: ' imaps://nowhere.example
for url in imaps https://mail.example imaps:// imaps://mail.example:0 imaps://mail.example:99999 'imaps://mail .example'; do
	check "'$url' is a mistake: exit code 2" exits 2 calibrate "$url"
done
check "a directory that does not exist is said" exits 1 calibrate --profiles "$LAB/nowhere" "pop3s://$FARM4"

step "the password"
check "it was never shown, nor written" not grep -rqF -e $PASSWORD -e "$(printf %s $PASSWORD | base64)" \
	-e "$(printf '\0alice\0%s' $PASSWORD | base64)" "$LAB/calibrate.all" "$LAB/profiles" "$LAB/out.json"
