/* SPDX-License-Identifier: BSD-2-Clause */
/* What is listed one by one: what could not be measured, and what was not read right. */
#include "bench/accuracy_result.h"

void left_out_report(const struct result *result, struct report *report)
{
	const struct corpus *corpus = result->corpus;
	size_t unprobed = 0, missing = 0;

	for (size_t i = 0; i < corpus->labels.count; i++)
		missing += corpus->labels.row[i].missing;
	unprobed = corpus->labels.count - result->probes;
	report_line(report, "- %zu connections in %zu captures", corpus->labels.count, corpus->captures);
	if (missing)
		report_line(report, "- left out: %zu connections of %zu captures that are not here", missing,
			    corpus->captures_missing);
	if (!result->probes)
		report_line(report, "- left out: what needs a probe of the servers; there is none in profiles/");
	else if (unprobed)
		report_line(report,
			    "- without a probe: %zu connections; their servers are read with the built-in profiles",
			    unprobed);
	for (int question = 0; question < QUESTIONS; question++) {
		size_t unasked = 0;

		for (size_t i = 0; result->asked[question] && i < corpus->labels.count; i++)
			unasked += !result->answers[question].counted[i] && set_has(SET_EVERY, &corpus->labels.row[i]);
		if (unasked)
			report_line(report,
				    "- not counted in \"%s\": %zu connections of servers that did not see %d, "
				    "however often the captures were shown",
				    question_text((enum question)question), unasked, LEARNED_CONNECTIONS);
	}
}

void verbose_print(const struct result *result)
{
	for (int question = 0; question < QUESTIONS; question++)
		for (size_t i = 0; result->asked[question] && i < result->corpus->labels.count; i++) {
			const struct label_row *row = &result->corpus->labels.row[i];
			const struct answers *answers = &result->answers[question];
			char client[ADDR_TEXT_BYTES], server[ADDR_TEXT_BYTES];
			struct score score = {0};
			enum mark mark;

			if (!answers->counted[i] || row->missing)
				continue;
			mark = score_add(&score, row->outcomes, answers->read[i]);
			if (mark != MARK_RIGHT)
				printf("%s: %s: %s truth %s read %s: %s:%u -> %s:%u %s, %s, TLS %s %04x, %s\n",
				       question_text((enum question)question), mark == MARK_WRONG ? "WRONG" : "unknown",
				       row->pcap, row->outcomes, answers->read[i], addr_text(&row->client, client),
				       row->client_port, addr_text(&row->server, server), row->server_port, row->tool,
				       row->software, row->tls, row->cipher, row->handshake);
		}
}
