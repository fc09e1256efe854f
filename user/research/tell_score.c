/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "user/research/tell.h"

static const char read_letter[SCORE_READ_MAX] = {[SCORE_F] = 'F', [SCORE_S] = 'S', [SCORE_U] = 'U', [SCORE_NONE] = '-'};

static const struct {
	enum score_kind kind;
	const char *letter, *words;
} truths[] = {
	{SCORE_F, "F", "failed"},     {SCORE_S, "S", "succeeded"},
	{SCORE_A, "A", "aborted"},    {SCORE_T, "T", "temporary failure"},
	{SCORE_U, "?", "unanswered"}, {SCORE_NONE, "-", "none was made"},
};
#define TRUTHS (sizeof(truths) / sizeof(truths[0]))

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static json_t *matrix_json(const struct score *score)
{
	json_t *matrix = json_object();

	for (size_t i = 0; i < TRUTHS; i++) {
		json_t *row = json_object();

		for (int read = 0; read < SCORE_READ_MAX; read++) {
			const char key[] = {read_letter[read], '\0'};

			json_object_set_new(row, key, json_integer(score->attempts[truths[i].kind][read]));
		}
		json_object_set_new(matrix, truths[i].letter, row);
	}
	return matrix;
}

static json_t *accuracy_json(const struct score *score, enum score_kind kind)
{
	const uint32_t right = score->attempts[kind][kind];

	return json_pack("{s:o, s:o}", "precision", tell_share_json(right, score_read(score, kind)), "recall",
			 tell_share_json(right, score_truth(score, kind)));
}

static json_t *outcomes_json(const struct score *score)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "connections", (json_int_t)score->connections, "right",
			 (json_int_t)score->marks[MARK_RIGHT], "unknown", (json_int_t)score->marks[MARK_UNKNOWN],
			 "wrong", (json_int_t)score->marks[MARK_WRONG], "failure", accuracy_json(score, SCORE_F),
			 "success", accuracy_json(score, SCORE_S), "matrix", matrix_json(score));
}

static bool is_empty(const struct score *score)
{
	static const struct score empty;

	return !memcmp(score, &empty, sizeof(empty));
}

/* What there is of services, transports and bases, in that order. */
static void each_group(const struct reading *reading,
		       void (*tell)(void *context, const struct score *score, const char *service,
				    enum transport transport, enum basis basis),
		       void *context)
{
	for (int service = 0; service < READING_SERVICES; service++)
		for (int transport = 0; transport < READING_TRANSPORTS; transport++)
			for (int basis = 0; basis < READING_BASES; basis++)
				if (!is_empty(&reading->score[service][transport][basis]))
					tell(context, &reading->score[service][transport][basis],
					     reading_service_text(service), (enum transport)transport,
					     (enum basis)basis);
}

static void add_group(void *context, const struct score *score, const char *service, enum transport transport,
		      enum basis basis)
{
	json_t *group = json_pack("{s:s, s:s, s:s}", "service", service, "transport", transport_text(transport),
				  "basis", basis_text(basis));
	json_t *outcomes = outcomes_json(score);

	json_object_update(group, outcomes);
	json_decref(outcomes);
	json_array_append_new(context, group);
}

static json_t *labels_json(const struct research_findings *findings)
{
	const struct reading *reading = &findings->reading;
	uint32_t attempting;
	const uint32_t unlabelled = record_unlabelled(findings->record, &attempting);

	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "connections", (json_int_t)reading->labelled, "seen",
			 (json_int_t)reading->seen, "unseen_attempts", (json_int_t)reading->unseen_attempts,
			 "unlabelled", (json_int_t)unlabelled, "unlabelled_with_attempts", (json_int_t)attempting);
}

static json_t *families_json(const struct research_findings *findings)
{
	const struct truth *truth = findings->truth;
	json_t *families = json_array();

	for (uint32_t i = 0; i < truth->groups; i++) {
		struct toll_sum sum;
		json_t *family, *counts;

		if (toll_sum(&findings->as_it_was.toll, truth->group[i].attack, i, &sum))
			continue;
		family = json_pack("{s:s, s:s}", "family", truth->group[i].family, "class",
				   truth->group[i].attack ? "attack" : "benign");
		counts = tell_sum_json(&sum);
		json_object_update(family, counts);
		json_decref(counts);
		json_array_append_new(families, family);
	}
	return families;
}

json_t *tell_score_json(const struct research_findings *findings)
{
	const struct score all = reading_sum(&findings->reading);
	json_t *groups = json_array();
	struct toll_sum attack = {0}, benign = {0};

	each_group(&findings->reading, add_group, groups);
	toll_sum(&findings->as_it_was.toll, true, TRUTH_NONE, &attack);
	toll_sum(&findings->as_it_was.toll, false, TRUTH_NONE, &benign);
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "type", "score", "attackers_by",
			 truth_how(findings->truth), "labels", labels_json(findings), "outcomes", outcomes_json(&all),
			 "outcomes_by", groups, "attackers", tell_sum_json(&attack), "others", tell_sum_json(&benign),
			 "families", families_json(findings), "unlabelled_bans",
			 (json_int_t)findings->as_it_was.toll.unlabelled_bans);
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

static void labels_table(const struct research_findings *findings, FILE *out)
{
	const struct reading *reading = &findings->reading;
	uint32_t attempting;
	const uint32_t unlabelled = record_unlabelled(findings->record, &attempting);

	fprintf(out, "%u connections in the labels, %u seen; attempts of those not seen, counted as missed: %u\n",
		reading->labelled, reading->seen, reading->unseen_attempts);
	fprintf(out, "%u connections seen without a label, %u of them with attempts\n\n", unlabelled, attempting);
}

static void matrix_table(const struct score *score, FILE *out)
{
	fprintf(out, "WHAT IT WAS, AND     FAILURE  SUCCESS  UNKNOWN   MISSED   what it was read as\n");
	for (size_t i = 0; i < TRUTHS; i++) {
		const uint32_t *read = score->attempts[truths[i].kind];

		fprintf(out, "%s %-17s %8u %8u %8u ", truths[i].letter, truths[i].words, read[SCORE_F], read[SCORE_S],
			read[SCORE_U]);
		if (truths[i].kind == SCORE_NONE)
			fprintf(out, "%8s\n", "");
		else
			fprintf(out, "%8u\n", read[SCORE_NONE]);
	}
	fputc('\n', out);
}

static void outcomes_row(FILE *out, const struct score *score, const char *service, const char *transport,
			 const char *basis)
{
	const uint32_t *f = score->attempts[SCORE_F], *s = score->attempts[SCORE_S];
	char text[5][16];

	fprintf(out, "%-8s %-9s %-6s %8u %6s %8u %9s %6s %9u %9s %6s\n", service, transport, basis, score->connections,
		tell_share(score->marks[MARK_RIGHT], score->connections, text[0]), score_truth(score, SCORE_F),
		tell_share(f[SCORE_F], score_read(score, SCORE_F), text[1]),
		tell_share(f[SCORE_F], score_truth(score, SCORE_F), text[2]), score_truth(score, SCORE_S),
		tell_share(s[SCORE_S], score_read(score, SCORE_S), text[3]),
		tell_share(s[SCORE_S], score_truth(score, SCORE_S), text[4]));
}

static void tell_group(void *context, const struct score *score, const char *service, enum transport transport,
		       enum basis basis)
{
	outcomes_row(context, score, service, transport_text(transport), basis_text(basis));
}

static void outcomes_table(const struct reading *reading, FILE *out)
{
	const struct score all = reading_sum(reading);

	matrix_table(&all, out);
	fprintf(out, "%-8s %-9s %-6s %8s %6s %8s %9s %6s %9s %9s %6s\n", "SERVICE", "TRANSPORT", "BASIS", "CONNECT.",
		"RIGHT", "FAILURES", "PRECISION", "RECALL", "SUCCESSES", "PRECISION", "RECALL");
	each_group(reading, tell_group, out);
	outcomes_row(out, &all, "all", "", "");
	fputc('\n', out);
}

static void source_row(FILE *out, const char *name, bool attack, const struct toll_sum *sum)
{
	char share[16], median[16] = "-", p90[16] = "-";

	if (sum->banned) {
		snprintf(median, sizeof(median), "%.3f s", (double)sum->to_ban_median_ns / 1e9);
		snprintf(p90, sizeof(p90), "%.3f s", (double)sum->to_ban_p90_ns / 1e9);
	}
	fprintf(out, "%-30.30s %-6s %8u %7u %7u %10s %10s %9llu %8llu %7s %11llu\n", name, attack ? "attack" : "benign",
		sum->sources, sum->banned, sum->limited, median, p90,
		(unsigned long long)(sum->through + sum->prevented), (unsigned long long)sum->through,
		tell_share(sum->through, sum->through + sum->prevented, share), (unsigned long long)sum->hurt);
}

static void family_rows(const struct research_findings *findings, bool attack, FILE *out)
{
	const struct truth *truth = findings->truth;
	struct toll_sum sum;

	for (uint32_t i = 0; i < truth->groups; i++)
		if (truth->group[i].attack == attack && !toll_sum(&findings->as_it_was.toll, attack, i, &sum))
			source_row(out, truth->group[i].family, attack, &sum);
}

static void sources_table(const struct research_findings *findings, FILE *out)
{
	const struct toll *toll = &findings->as_it_was.toll;
	struct toll_sum attack = {0}, benign = {0};

	toll_sum(toll, true, TRUTH_NONE, &attack);
	toll_sum(toll, false, TRUTH_NONE, &benign);
	fprintf(out, "%-30s %-6s %8s %7s %7s %10s %10s %9s %8s %7s %11s\n", "FAMILY", "CLASS", "SOURCES", "BANNED",
		"LIMITED", "TO BAN", "90 %", "ATTEMPTS", "THROUGH", "SHARE", "LOGINS HURT");
	family_rows(findings, true, out);
	family_rows(findings, false, out);
	source_row(out, "all attackers", true, &attack);
	source_row(out, "all others", false, &benign);
	fprintf(out, "\nattackers are known by: %s; %u of them were somebody else, too, at other times\n",
		truth_how(findings->truth), attack.mixed);
	fprintf(out, "%u true bans, %u false bans, %u bans of nobody in the labels; %llu logins of others prevented\n",
		attack.banned, benign.banned, toll->unlabelled_bans, (unsigned long long)(attack.hurt + benign.hurt));
	if (attack.banned)
		fprintf(out, "from the failure that decided it to the ban: %.6f s in the median, %.6f s at 90 %%\n",
			(double)attack.decided_median_ns / 1e9, (double)attack.decided_p90_ns / 1e9);
}

void tell_score_table(const struct research_findings *findings, FILE *out)
{
	labels_table(findings, out);
	outcomes_table(&findings->reading, out);
	sources_table(findings, out);
}
