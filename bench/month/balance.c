/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/month/balance.h"

#include <errno.h>
#include <stdlib.h>

#include "user/core/duration.h"
#include "user/core/table.h"

struct source {
	uint64_t first_ns; /* of the first attempt of its attack; 0: none */
	uint64_t ban_ns[BALANCE_GUARDS_MAX]; /* 0: never */
	uint8_t family; /* of that attack */
	uint8_t limited; /* bit 1 << guard */
	bool subscriber; /* somebody's password was right */
};

struct counts {
	uint64_t all, stopped[BALANCE_GUARDS_MAX];
};
struct family {
	struct counts attempts, idle, hits;
};

struct balance {
	unsigned guards;
	struct table *sources;
	struct family family[BALANCE_FAMILIES_MAX];
	struct counts banned, limited; /* subscribers' logins */
};

int balance_new(struct balance **ret_tally, unsigned guards, uint32_t sources_max)
{
	struct balance *balance = calloc(1, sizeof(*balance));
	int result;

	if (!balance)
		return -ENOMEM;
	balance->guards = guards;
	result = table_new(&balance->sources, sources_max, sizeof(struct source), 1);
	if (result) {
		free(balance);
		return result;
	}
	*ret_tally = balance;
	return 0;
}

void balance_free(struct balance *balance)
{
	if (!balance)
		return;
	table_free(balance->sources);
	free(balance);
}

static void count(struct counts *counts, unsigned guards, uint32_t stopped)
{
	counts->all++;
	for (unsigned i = 0; stopped && i < guards; i++)
		counts->stopped[i] += stopped >> i & 1;
}

void balance_attempt(struct balance *balance, const struct balance_attempt *attempt)
{
	struct family *family = &balance->family[attempt->family];
	const uint32_t stopped = attempt->banned | attempt->limited;
	struct source *source;

	count(&family->attempts, balance->guards, stopped);
	if (attempt->success)
		count(&family->hits, balance->guards, stopped);
	if (!attempt->family && attempt->success) {
		count(&balance->banned, balance->guards, attempt->banned);
		count(&balance->limited, balance->guards, attempt->limited);
	}
	if (!attempt->family && !attempt->success)
		return;
	source = table_take(balance->sources, attempt->source, NULL);
	if (!attempt->family) {
		source->subscriber = true;
	} else if (!source->first_ns) {
		source->family = (uint8_t)attempt->family;
		source->first_ns = attempt->time_ns;
	}
}

void balance_idle(struct balance *balance, unsigned family, uint32_t banned, uint32_t limited)
{
	count(&balance->family[family].idle, balance->guards, banned | limited);
}

void balance_ban(struct balance *balance, unsigned index, uint64_t source, uint64_t from_ns, bool limit)
{
	struct source *record = table_take(balance->sources, source, NULL);

	if (limit)
		record->limited |= (uint8_t)(1u << index);
	else if (!record->ban_ns[index])
		record->ban_ns[index] = from_ns;
}

void balance_subscribers(const struct balance *balance, unsigned index, struct balance_subscribers *ret)
{
	const struct source *source;
	uint32_t cursor = 0;

	*ret = (struct balance_subscribers){
		.logins = balance->family[0].hits.all,
		.failures = balance->family[0].attempts.all - balance->family[0].hits.all,
		.refused_by_ban = balance->banned.stopped[index],
		.refused_by_limit = balance->limited.stopped[index],
	};
	while ((source = table_next(balance->sources, &cursor, NULL))) {
		if (!source->subscriber)
			continue;
		ret->sources++;
		ret->shared += source->family != 0;
		ret->banned += source->ban_ns[index] != 0;
		ret->banned_shared += source->ban_ns[index] && source->family;
		ret->limited += source->limited >> index & 1;
	}
}

static int ascending(const void *a, const void *b)
{
	const double difference = *(const double *)a - *(const double *)b;

	return difference < 0 ? -1 : difference > 0;
}

static double quantile(const double *sorted, uint64_t count, double share)
{
	return count ? sorted[(uint64_t)((double)(count - 1) * share + 0.5)] : -1;
}

static double ban_after_s(const struct source *source, unsigned index)
{
	return source->ban_ns[index] > source->first_ns
		       ? (double)(source->ban_ns[index] - source->first_ns) / (double)NS_PER_S
		       : 0;
}

static void measure_sources(const struct balance *balance, unsigned family, unsigned index, double *after_s,
			    struct balance_family *ret)
{
	const struct source *source;
	uint32_t cursor = 0;

	while ((source = table_next(balance->sources, &cursor, NULL))) {
		if (source->family != family || !family)
			continue;
		ret->sources++;
		ret->limited += source->limited >> index & 1;
		if (source->ban_ns[index])
			after_s[ret->banned++] = ban_after_s(source, index);
	}
	qsort(after_s, ret->banned, sizeof(*after_s), ascending);
	ret->median_s = quantile(after_s, ret->banned, 0.5);
	ret->p90_s = quantile(after_s, ret->banned, 0.9);
}

int balance_family(const struct balance *balance, unsigned family, unsigned index, struct balance_family *ret)
{
	const struct family *counted = &balance->family[family];
	double *after_s = malloc((table_count(balance->sources) + 1ULL) * sizeof(*after_s));

	if (!after_s)
		return -ENOMEM;
	*ret = (struct balance_family){
		.attempts = counted->attempts.all,
		.through = counted->attempts.all - counted->attempts.stopped[index],
		.idle = counted->idle.all,
		.idle_through = counted->idle.all - counted->idle.stopped[index],
		.hits = counted->hits.all,
		.hits_through = counted->hits.all - counted->hits.stopped[index],
	};
	measure_sources(balance, family, index, after_s, ret);
	free(after_s);
	return 0;
}

uint64_t balance_lost(const struct balance *balance)
{
	return table_evictions(balance->sources);
}
