# SPDX-License-Identifier: BSD-2-Clause
# What the servers themselves logged about each connection: prints CLIENT PORT SERVER OUTCOMES USER, one line each.
# Usage: awk -v server=dovecot|postfix|exim|courier -f truth.awk LOG
#   F failed, S success, ? begun and not judged: the client left before. The moment of an answer is not in the logs:
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
server == "dovecot" && /client in: AUTH.*session=/ {
	name = between("session=", "[\t ]")
	key[name] = between("rip=", "[\t ]") " " between("rport=", "[\t ]")
	pending[name]++
	refused[name] = 0
}
server == "dovecot" && /auth: Info: .*(Password mismatch|unknown user|[Ee]mpty password)/ { refused[between(",<", ">")] = 1 }
server == "dovecot" && /auth\(.*Auth request finished/ {
	name = between(",<", ">")
	if (name in key) { # Postfix's have none
		pending[name]--
		put(key[name], refused[name] ? "F" : "S", between("auth(", ","))
	}
}

# Postfix counts the successes only when the connection ends: "auth=1/3" are two failures, then a success.
server == "postfix" && /SASL .* authentication failed/ { user[postfix_client()] = between("sasl_username=", "$") }
server == "postfix" && /disconnect from .* auth=/ {
	split(between("auth=", " "), count, "/")
	client = postfix_client()
	for (i = count[1] + 0; i < count[2] + 0; i++)
		put(client, "F", "")
	if (count[1] + 0 > 0)
		put(client, "S", "")
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

END {
	for (name in pending)
		if (pending[name] > 0)
			put(key[name], "?", "")
	for (client in outcomes)
		print client, outcomes[client], (client in user && user[client] != "") ? user[client] : "-"
}
