/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/results/tables.h"

#include <inttypes.h>

#include "user/core/duration.h"

void table_time_to_ban_head(struct output *to)
{
	output_print(to, "time\trule\taction\ttarget\toffences\tin_force\tfirst_attempt\tseconds\tattempts\n");
}

/* Whole microseconds, as in the lines. */
static void print_seconds(struct output *to, uint64_t ns)
{
	output_print(to, "%llu.%06llu", ns / NS_PER_S, ns % NS_PER_S / 1000);
}

void table_time_to_ban(struct output *to, const struct tally_ban *ban)
{
	const struct decision *decision = ban->decision;
	char target[ADDR_TEXT_BYTES];

	print_seconds(to, ban->wall_ns);
	output_print(to, "\t%s\t%s\t%s\t%" PRIu32 "\t%s\t", decision->rule->name, action_text(decision->action),
		     prefix_text(&decision->target, target), decision->offences, ban->in_force ? "yes" : "no");
	if (ban->first_ns)
		print_seconds(to, ban->first_ns);
	output_print(to, "\t");
	if (ban->first_ns)
		print_seconds(to, ban->wall_ns - ban->first_ns);
	output_print(to, "\t%" PRIu64 "\n", ban->attempts);
}

void table_over_time(struct output *to, const struct timeline *timeline)
{
	const uint64_t width_ns = timeline_width_ns(timeline);

	output_print(to, "time\tseconds\tframes\tdropped\tspared\tfailures\tsuccesses\tunknown\tdecisions\n");
	for (size_t i = 0; i < timeline->spans; i++) {
		const struct timeline_span *span = &timeline->span[i];

		print_seconds(to, timeline->first_ns + i * width_ns);
		output_print(to, "\t");
		print_seconds(to, width_ns);
		output_print(to,
			     "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
			     "\n",
			     span->frames, span->dropped, span->spared, span->attempts[OUTCOME_FAILURE],
			     span->attempts[OUTCOME_SUCCESS], span->attempts[OUTCOME_UNKNOWN], span->decisions);
	}
}
