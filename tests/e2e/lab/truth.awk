# SPDX-License-Identifier: BSD-2-Clause
# What the servers themselves logged about each connection: prints CLIENT PORT SERVER OUTCOMES USER, one line each.
# Usage: awk -v server=dovecot|postfix|exim|courier|nginx -f truth.awk LOG
#        tcpdump -nnttr FILE 'tcp[13] = 2' | awk -v server=cyrus -f truth.awk - LOG     (Cyrus does not log ports)
#   F failed, S success, T told to come again, ? begun and not judged: the client left before. The moment of an answer is not in the logs:
#   labels.awk says from the packets which last refusal was never sent.
function put(key, outcome, name) {
	outcomes[key] = outcomes[key] outcome
	if (name != "")
		user[key] = name
}
function between(from, to,   at, rest) {
	at = index($0, from)
	rest = substr($0, at + length(from))
	at = match(rest, to)
	return at ? substr(rest, 1, at - 1) : rest
}

# Dovecot ties an attempt to its connection with a session's name, which only the first line has together with the port.
# One attempt of a connection comes after the other: what was begun before another and never judged stays "?".
server == "dovecot" && /client in: AUTH.*session=/ {
	name = between("session=", "[\t ]")
	key[name] = between("rip=", "[\t ]") " " between("rport=", "[\t ]")
	begun_at[name] = length(outcomes[key[name]]) + 1
	put(key[name], "?", "")
	refused[name] = 0
}
server == "dovecot" && /auth: Info: .*(Password mismatch|unknown user|[Ee]mpty password)/ { refused[between(",<", ">")] = 1 }
server == "dovecot" && /auth\(.*Auth request finished/ {
	name = between(",<", ">")
	if (name in key) { # Postfix's have none
		judge(key[name], begun_at[name], refused[name] ? "F" : "S")
		put(key[name], "", between("auth(", ","))
	}
}
function judge(client, at, outcome) {
	outcomes[client] = substr(outcomes[client], 1, at - 1) outcome substr(outcomes[client], at + 1)
}

# Postfix warns of each refusal, and says how many attempts there were when the connection ends: "auth=1/3" are two that
# failed, then a success. What it does not warn of was not judged. Without its SASL server nobody is: 454.
server == "postfix" && /SASL .* authentication failed/ {
	put(postfix_client(), /Connection lost to authentication server|Temporary/ ? "T" : "F", between("sasl_username=", "$"))
	warned[postfix_client()]++
}
server == "postfix" && /disconnect from .* auth=/ {
	split(between("auth=", " "), count, "/")
	client = postfix_client()
	for (i = count[1] + warned[client]; i < count[2] + 0; i++)
		put(client, "?", "")
	for (i = 0; i < count[1] + 0; i++)
		put(client, "S", "")
	delete warned[client]
	delete count
}

function postfix_client(   at, rest) {
	rest = substr($0, index($0, "unknown["))
	at = index(rest, "]:")
	return substr(rest, 9, at - 9) " " (substr(rest, at + 2) + 0)
}

# Exim has a line for each refusal, and for a success the one of the mail or the end of the connection that follows.
server == "exim" && /authenticator failed for/ { put(exim_client(), "F", between("(set_id=", "\\)")) }
server == "exim" && /lab-login/ { put(exim_client(), "S", between(" as ", "$")) }
function exim_client(   at, rest) {
	match($0, /\[[0-9a-f.:]+\]:[0-9]+/)
	rest = substr($0, RSTART + 1, RLENGTH - 1)
	at = index(rest, "]:")
	return substr(rest, 1, at - 1) " " substr(rest, at + 2)
}

# Courier writes IPv4 addresses as IPv6 ones.
server == "courier" && /LOGIN FAILED/ { put(courier_client(), "F", between("user=", ",")) }
server == "courier" && /LOGIN, user=/ { put(courier_client(), "S", between("user=", ",")) }
function courier_client() { return between("ip=[::ffff:", "]") " " between("port=[", "]") }

# nginx ties its lines together with a number; what its backend refused is none of its own failures.
server == "nginx" && /client .* connected to/ { key[between(": *", " ")] = nginx_client("client ") }
server == "nginx" && /client login failed/ { put(nginx_key(), "F", between("login: \"", "\"")) }
server == "nginx" && /client logged in/ { put(nginx_key(), "S", between("login: \"", "\"")) }
function nginx_client(from,   rest, at) {
	rest = between(from, " connected")
	at = match(rest, /:[0-9]+$/)
	return substr(rest, 1, at - 1) " " substr(rest, at + 1)
}
function nginx_key(   name) {
	name = between(": *", " ")
	return name in key ? key[name] : "- " name
}

# A line of Cyrus belongs to the connection that its client began last: the lab sees to it that there is one at a time.
server == "cyrus" && / > .*Flags \[S\]/ {
	client = $3
	sub(/\.[0-9]+$/, "", client)
	begun[client, ++connections[client]] = $1
	port[client, connections[client]] = substr($3, length(client) + 2)
}
server == "cyrus" && / badlogin: / { put(cyrus_client(), "F", between("(", "\\)")) }
server == "cyrus" && / login: / { put(cyrus_client(), "S", between("] ", " ")) }
function cyrus_client(   client, n) {
	match($0, /\[[0-9a-f]+[.:][0-9a-f.:]+\]/)
	client = substr($0, RSTART + 1, RLENGTH - 2)
	for (n = connections[client]; n > 1 && begun[client, n] > $1; n--)
		;
	return client " " port[client, n]
}

END {
	for (client in outcomes)
		print client, outcomes[client], (client in user && user[client] != "") ? user[client] : "-"
}
