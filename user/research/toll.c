/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/research/toll.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/judge/window.h"

int toll_new(struct toll *ret_toll, const struct truth *truth)
{
	struct toll toll = {.truth = truth};

	toll.source = calloc(truth ? truth->sources + 1ul : 1, sizeof(*toll.source));
	if (!toll.source)
		return -ENOMEM;
	*ret_toll = toll;
	return 0;
}

void toll_free(struct toll *toll)
{
	free(toll->source);
	toll->source = NULL;
}

/* ---- what happens ----------------------------------------------------------------------------------------------- */

/* Who was banned before he came: by a ban of his prefix, or by what he did before. */
static void met_ban(struct toll_source *source, const struct toll_attempt *attempt)
{
	if (source->banned_ns)
		return;
	source->banned_ns = attempt->ban_since_ns;
	source->decided_after_ns = attempt->ban_since_ns;
}

void toll_attempt(struct toll *toll, const struct toll_attempt *attempt)
{
	const struct label_row *row;
	struct toll_source *source;
	bool attacker, attacks;
	uint32_t at;

	if (attempt->row == TRUTH_NONE)
		return;
	row = truth_at(toll->truth, attempt->row);
	at = truth_source(toll->truth, addr_source(&row->client));
	if (at == TRUTH_NONE)
		return;
	source = &toll->source[at];
	attacker = toll->truth->source[at].attack;
	attacks = truth_is_attack(toll->truth, row);
	if (attempt->ban_since_ns)
		met_ban(source, attempt);
	if (attempt->attempts && !source->first_ns && attacks == attacker)
		source->first_ns = attempt->asked_ns;
	if (attempt->failed)
		source->last_failure_ns = attempt->time_ns;
	if (attacks == attacker && attempt->ban_since_ns)
		source->prevented += attempt->attempts;
	else if (attacks == attacker)
		source->through += attempt->attempts;
	if (!attacks && attempt->succeeded && attempt->ban_since_ns)
		source->hurt++;
}

static bool is_in(const struct prefix *target, uint64_t source)
{
	const struct prefix whole = prefix_of_source(source);

	return prefix_covers(target, &whole);
}

/* The failure that decided it may be of any source of the prefix; the latest one is. */
static uint64_t last_failure_ns(const struct toll *toll, const struct prefix *target, uint32_t from)
{
	uint64_t last_ns = 0;

	for (uint32_t i = from; i < toll->truth->sources && is_in(target, toll->truth->source[i].source); i++)
		if (toll->source[i].last_failure_ns > last_ns)
			last_ns = toll->source[i].last_failure_ns;
	return last_ns;
}

void toll_ban(struct toll *toll, const struct prefix *target, bool limit, uint64_t now_ns)
{
	const uint32_t from = toll->truth ? truth_source_from(toll->truth, target->source) : 0;
	uint64_t decided_ns;
	uint32_t i = from;

	if (!toll->truth)
		return;
	decided_ns = last_failure_ns(toll, target, from);
	for (; i < toll->truth->sources && is_in(target, toll->truth->source[i].source); i++) {
		struct toll_source *source = &toll->source[i];

		if (!source->first_ns) /* not there yet: it may meet the ban, see met_ban */
			continue;
		if (limit && !source->limited_ns) {
			source->limited_ns = now_ns;
		} else if (!limit && !source->banned_ns) {
			source->banned_ns = now_ns;
			source->decided_after_ns = decided_ns ? decided_ns : now_ns;
		}
	}
	toll->unlabelled_bans += i == from && !limit;
}

/* ---- sums ------------------------------------------------------------------------------------------------------- */

static int compare_ns(const void *a, const void *b)
{
	const uint64_t one = *(const uint64_t *)a, two = *(const uint64_t *)b;

	return (one > two) - (one < two);
}

/* The value that `percent` of them do not exceed (nearest rank). */
static uint64_t percentile(const uint64_t *sorted, size_t count, size_t percent)
{
	return count ? sorted[(count * percent + 99) / 100 - 1] : 0;
}

static void sum_one(struct toll_sum *sum, const struct toll_source *source, uint64_t *to_ban, uint64_t *decided)
{
	sum->limited += source->limited_ns != 0;
	sum->through += source->through;
	sum->prevented += source->prevented;
	sum->hurt += source->hurt;
	if (!source->banned_ns)
		return;
	to_ban[sum->banned] = age_ns(source->first_ns, source->banned_ns);
	decided[sum->banned] = age_ns(source->decided_after_ns, source->banned_ns);
	sum->banned++;
}

int toll_sum(const struct toll *toll, bool attack, uint32_t group, struct toll_sum *ret_sum)
{
	const struct truth *truth = toll->truth;
	const size_t sources = truth ? truth->sources : 0;
	uint64_t *to_ban = calloc(2 * sources + 1, sizeof(*to_ban)), *decided = to_ban + sources;
	struct toll_sum sum = {0};

	if (!to_ban)
		return -ENOMEM;
	for (size_t i = 0; i < sources; i++) {
		const struct truth_source *source = &truth->source[i];

		if (source->attack != attack || (group != TRUTH_NONE && source->group != group))
			continue;
		sum.sources++;
		sum.mixed += source->mixed;
		sum_one(&sum, &toll->source[i], to_ban, decided);
	}
	qsort(to_ban, sum.banned, sizeof(*to_ban), compare_ns);
	qsort(decided, sum.banned, sizeof(*decided), compare_ns);
	sum.to_ban_median_ns = percentile(to_ban, sum.banned, 50);
	sum.to_ban_p90_ns = percentile(to_ban, sum.banned, 90);
	sum.decided_median_ns = percentile(decided, sum.banned, 50);
	sum.decided_p90_ns = percentile(decided, sum.banned, 90);
	free(to_ban);
	*ret_sum = sum;
	return 0;
}
