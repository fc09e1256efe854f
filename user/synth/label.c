/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/synth/label.h"

#include <inttypes.h>
#include <string.h>

#include "user/core/duration.h"
#include "user/synth/software.h"
#include "user/synth/words.h"

const char *label_header(void)
{
	return "pcap,client_ip,client_port,server_ip,server_port,server_software,proto,starttls,n_attempts,outcomes,"
	       "user,tool,client_root,scenario,tls_version,cipher,resumed,handshake,t_first_syn,n_packets_c2s,"
	       "n_packets_s2c,profile,attack,family\n";
}

/* The account of the last login that was made. */
static const char *user_of(const struct wire_label *label, char buffer[WORDS_ACCOUNT_BYTES])
{
	const size_t made = strlen(label->outcomes);

	return made ? words_account(label->connection->attempt[made - 1].account, buffer) : "";
}

static void add_tls(const struct wire_label *label, struct sentence *sentence)
{
	static const char *const handshake[] = {"none", "partial", "done"};

	if (label->version)
		sentence_add(sentence, ",1.%d,%04x", (label->version & 0xff) - 1, label->suite);
	else
		sentence_add(sentence, ",,");
	sentence_add(sentence, ",0,%s", handshake[label->handshake]);
}

void label_line(const struct wire_label *label, const struct scenario *scenario, const char *capture, const char *name,
		struct sentence *sentence)
{
	const struct synth_connection *connection = label->connection;
	const struct scenario_server *server = &scenario->server[connection->server];
	const enum protocol protocol = protocol_of(connection->service);
	const enum synth_software software = software_of(server, connection->service);
	char client[ADDR_TEXT_BYTES], address[ADDR_TEXT_BYTES], account[WORDS_ACCOUNT_BYTES];

	sentence_add(sentence, "%s,%s,%u,%s,%u,%s,%s,%d,%zu,%s,%s,%s,synth,%s", capture,
		     addr_text(&connection->source, client), connection->port, addr_text(label->server, address),
		     label->server_port, synth_software_text(software), protocol_text(protocol),
		     connection->transport == TRANSPORT_STARTTLS, strlen(label->outcomes), label->outcomes,
		     user_of(label, account), synth_client_text((enum synth_client)connection->client), name);
	add_tls(label, sentence);
	sentence_add(sentence, ",%" PRIu64 ".%06" PRIu64 ",%" PRIu32 ",%" PRIu32 ",%s-%s.json,%d,%s\n",
		     (uint64_t)(connection->time_ns / NS_PER_S), (uint64_t)(connection->time_ns % NS_PER_S / 1000),
		     label->packets_in, label->packets_out, synth_software_text(software),
		     software == SYNTH_DOVECOT && protocol == PROTOCOL_SMTP ? "submission" : protocol_text(protocol),
		     connection->attack, scenario->actor[connection->actor].name);
}
