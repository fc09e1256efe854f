# SPDX-License-Identifier: BSD-2-Clause
# One row for each TCP connection of a capture, in the form of labels.csv.
# Usage: tcpdump -nnttx -r FILE | awk -v pcap=NAME -v truth=FILE -v cast=FILE -v farm=FILE -f labels.awk
#   truth: CLIENT PORT OUTCOMES USER    (truth.awk)
#   cast:  CLIENT TOOL SCENARIO         farm: SERVER PROTOCOL NUMBER SOFTWARE (words, no comma)
# Looks at IPv4 and at records that begin with a segment, as those of a handshake and of a login do.
function number(hex,   i, value) {
	for (i = 1; i <= length(hex); i++)
		value = value * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
	return value
}
function address(hex) {
	return number(substr(hex, 1, 2)) "." number(substr(hex, 3, 2)) "." number(substr(hex, 5, 2)) "." number(substr(hex, 7, 2))
}

function server_hello(flow, bytes,   sid) {
	if (substr(bytes, 1, 4) != "1603" || substr(bytes, 11, 2) != "02")
		return
	sid = number(substr(bytes, 87, 2))
	cipher[flow] = substr(bytes, 89 + sid * 2, 4)
	bytes = substr(bytes, 1, 10 + 2 * number(substr(bytes, 7, 4)))
	version[flow] = index(bytes, "002b00020304") ? "1.3" : "1." (number(substr(bytes, 21, 2)) - 1)
	resumed[flow] = index(bytes, "00290002") ? 1 : 0
}

function from_client(flow, bytes, time,   type, long) {
	while (length(bytes) >= 10 && substr(bytes, 3, 2) == "03") {
		type = substr(bytes, 1, 2)
		long = number(substr(bytes, 7, 4))
		if (type == "17" && version[flow] != "")
			finished[flow] = 1
		# An encrypted alert of TLS 1.3 says nothing; all else may be an attempt.
		if (type == "17" && !(version[flow] == "1.3" && long == 19)) {
			last_bytes[flow] = long
			answered[flow] = 0
		}
		bytes = substr(bytes, 11 + long * 2)
	}
}

# Who has said goodbye answers nothing any more.
function goodbye(flow, bytes,   type, long) {
	while (length(bytes) >= 10 && substr(bytes, 3, 2) == "03") {
		type = substr(bytes, 1, 2)
		long = number(substr(bytes, 7, 4))
		if (type == "15" && cipher[flow] != "" && last_bytes[flow] || type == "17" && version[flow] == "1.3" && long == 19)
			return 1
		bytes = substr(bytes, 11 + long * 2)
	}
	return 0
}

function packet(   ihl, tcp, source, target, sport, dport, flags, offset, payload, flow) {
	if (substr(hex, 1, 1) != "4" || substr(hex, 19, 2) != "06")
		return
	ihl = number(substr(hex, 2, 1)) * 8
	tcp = substr(hex, ihl + 1)
	sport = number(substr(tcp, 1, 4)); dport = number(substr(tcp, 5, 4))
	source = address(substr(hex, 25, 8)); target = address(substr(hex, 33, 8))
	offset = number(substr(tcp, 25, 1)) * 8
	flags = number(substr(tcp, 27, 2))
	payload = substr(tcp, offset + 1, (number(substr(hex, 5, 4)) * 2) - ihl - offset)
	if (dport < 1024) {
		flow = source " " sport " " target " " dport
		if (flags % 4 >= 2 && sequence[flow] != substr(tcp, 9, 8)) {
			sequence[flow] = substr(tcp, 9, 8)
			used[source " " sport]++
			if (!(flow in first)) {
				first[flow] = time
				order[++flows] = flow
			}
		}
		c2s[flow]++
		if (!gone[flow])
			from_client(flow, payload, time)
		if (flags % 2 || int(flags / 4) % 2)
			ended[flow] = 1
		return
	}
	flow = target " " dport " " source " " sport
	s2c[flow]++
	server_hello(flow, payload)
	if (flags % 2 || goodbye(flow, payload))
		gone[flow] = 1
	# A refusal that comes after the client's end was given all the same; the server's own end is shorter than that.
	if (payload != "" && (!ended[flow] || length(payload) > 70))
		answered[flow] = 1
}

function overhead(flow) {
	if (version[flow] == "1.3")
		return 17
	return cipher[flow] ~ /^cca/ ? 16 : 24
}

function row(flow,   part, key, proto, starttls, result, who, handshake, software) {
	split(flow, part, " ")
	key = part[1] " " part[2]
	if (used[key] > 1 && key in outcome)
		return # the client had this port twice, and the log does not say when
	proto = part[4] == 143 || part[4] == 993 ? "imap" : part[4] == 110 || part[4] == 995 ? "pop3" : "smtp"
	starttls = part[4] ~ /^(143|110|587)$/
	result = outcome[key]
	# What a client says on leaving (LOGOUT, QUIT) is shorter than any login.
	if (result ~ /F$/ && !answered[flow] && last_bytes[flow] - overhead(flow) > (proto == "imap" ? 16 : 6))
		result = substr(result, 1, length(result) - 1) "?"
	who = name[key] == "-" ? "" : name[key]
	handshake = version[flow] == "" ? "none" : finished[flow] ? "done" : "partial"
	printf "%s,%s,%s,%s,%s,%s,%s,%d,%d,%s,%s,%s,bookworm,%s,%s,%s,%d,%s,%s,%d,%d,%s-%s.json\n", pcap, part[1], part[2],
		part[3], part[4], software_of[part[3] " " proto], proto, starttls, length(result), result, who, tool[part[1]],
		scenario[part[1]] "-" proto "-" (starttls ? "starttls" : "tls"), version[flow], cipher[flow], resumed[flow],
		handshake, first[flow], c2s[flow], s2c[flow], profile[part[3] " " proto], proto
}

BEGIN {
	while ((getline <truth) > 0) { outcome[$1 " " $2] = $3; name[$1 " " $2] = $4 }
	while ((getline <cast) > 0) { tool[$1] = $2; scenario[$1] = $3 }
	while ((getline <farm) > 0) {
		profile[$1 " " $2] = $3
		software_of[$1 " " $2] = substr($0, length($1 $2 $3) + 4)
	}
}
/^[0-9]/ {
	if (hex != "")
		packet()
	hex = ""
	time = $1
	next
}
/^\t0x/ { sub(/^\t0x[0-9a-f]+: */, ""); gsub(/ /, ""); hex = hex $0 }
END {
	if (hex != "")
		packet()
	for (i = 1; i <= flows; i++)
		row(order[i])
}
