/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/core/duration.h"
#include "user/lines.h"
#include "user/research/tell.h"

static json_t *ruling_json(const struct research_findings *findings, const struct ruling *ruling, uint64_t prevented)
{
	if (!ruling)
		return json_null();
	return json_pack("{s:o, s:s, s:s, s:I, s:s, s:I}", "time",
			 json_seconds(record_wall_ns(findings->record, ruling->time_ns)), "action",
			 action_text(ruling->action), "rule", ruling->rule, "for_s",
			 (json_int_t)(ruling->for_ns / NS_PER_S), "reason", ruling->reason, "prevented",
			 (json_int_t)prevented);
}

/* Of one source, if the labels know it. */
static const char *class_text(const struct research_findings *findings, const struct prefix *target)
{
	uint32_t at;

	if (!findings->truth || target->bits != GP_SOURCE_BITS)
		return "";
	at = truth_source(findings->truth, target->source);
	if (at == TRUTH_NONE)
		return "";
	return findings->truth->source[at].attack ? "attack" : "benign";
}

json_t *tell_whatif_json(const struct research_findings *findings, size_t i)
{
	const struct whatif_difference *difference = &findings->whatif.difference[i];
	char target[ADDR_TEXT_BYTES];
	json_t *json = json_pack("{s:s, s:s, s:s}", "type", "whatif", "source",
				 prefix_text(&difference->target, target), "how", whatif_text(difference->how));

	if (*class_text(findings, &difference->target))
		json_object_set_new(json, "class", json_string(class_text(findings, &difference->target)));
	json_object_set_new(json, "now", ruling_json(findings, difference->now, difference->prevented_now));
	json_object_set_new(json, "then", ruling_json(findings, difference->then, difference->prevented_then));
	return json;
}

static json_t *side_json(const struct trial *trial)
{
	return json_pack("{s:I, s:I, s:I}", "targets", (json_int_t)trial->targets, "attempts",
			 (json_int_t)trial->attempts, "prevented", (json_int_t)trial->prevented);
}

json_t *tell_whatif_summary_json(const struct research_findings *findings)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:o, s:o}", "type", "whatif_summary", "rules", findings->whatif_path,
			 "different", (json_int_t)findings->whatif.differences, "same",
			 (json_int_t)findings->whatif.same, "now", side_json(&findings->now), "then",
			 side_json(&findings->then));
}

/* ---- table ------------------------------------------------------------------------------------------------------ */

static void side(const struct research_findings *findings, const struct ruling *ruling, uint64_t prevented,
		 const char *which, FILE *out)
{
	char duration[DURATION_TEXT_BYTES];
	const uint64_t us = ruling ? record_wall_ns(findings->record, ruling->time_ns) / 1000 : 0;

	if (!ruling) {
		fprintf(out, "    %s  nothing\n", which);
		return;
	}
	fprintf(out, "    %s  %llu.%06llu %s %s by \"%s\": %s; %llu attempts prevented\n", which,
		(unsigned long long)(us / 1000000), (unsigned long long)(us % 1000000), action_text(ruling->action),
		duration_text(ruling->for_ns, duration, sizeof(duration)), ruling->rule, ruling->reason,
		(unsigned long long)prevented);
}

void tell_whatif_table(const struct research_findings *findings, FILE *out)
{
	const struct whatif *whatif = &findings->whatif;
	const struct trial *now = &findings->now, *then = &findings->then;

	fprintf(out, "%sthe rules that are, and those of %s, as if enforced\n\n",
		findings->truth || findings->sweep ? "\n" : "", findings->whatif_path);
	for (size_t i = 0; i < whatif->differences; i++) {
		const struct whatif_difference *difference = &whatif->difference[i];
		char target[ADDR_TEXT_BYTES];

		fprintf(out, "%s  %s  %s\n", prefix_text(&difference->target, target), whatif_text(difference->how),
			class_text(findings, &difference->target));
		side(findings, difference->now, difference->prevented_now, "now ", out);
		side(findings, difference->then, difference->prevented_then, "then", out);
	}
	fprintf(out, "%s%zu banned or limited otherwise, %zu alike\n", whatif->differences ? "\n" : "",
		whatif->differences, whatif->same);
	fprintf(out, "attempts prevented, of %llu: now %llu, then %llu\n", (unsigned long long)now->attempts,
		(unsigned long long)now->prevented, (unsigned long long)then->prevented);
}
