/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/judge/patience.h"

#include <stddef.h>

#include "user/judge/window.h"

/* ---- how long a success takes ---------------------------------------------------------------------------------- */

static void turn_era(struct patience *patience, uint64_t now_ns)
{
	const uint64_t age = age_ns(patience->era_ns, now_ns);

	if (patience->era_ns && age < PATIENCE_ERA_NS && patience->successes[0] < PATIENCE_ERA_LOGINS)
		return;
	/* after a long silence the era before this one was no time ago */
	patience->successes[1] = age < 2 * PATIENCE_ERA_NS ? patience->successes[0] : 0;
	patience->slowest_ns[1] = age < 2 * PATIENCE_ERA_NS ? patience->slowest_ns[0] : 0;
	patience->successes[0] = 0;
	patience->slowest_ns[0] = 0;
	patience->era_ns = now_ns;
}

static bool is_lately(const struct patience *patience, uint64_t now_ns, int eras)
{
	return age_ns(patience->era_ns, now_ns) < (uint64_t)eras * PATIENCE_ERA_NS;
}

uint64_t patience_limit_ns(const struct patience *patience, uint64_t now_ns)
{
	const bool now = is_lately(patience, now_ns, 2), before = is_lately(patience, now_ns, 1);
	const uint32_t successes = (now ? patience->successes[0] : 0) + (before ? patience->successes[1] : 0);
	uint64_t slowest_ns = patience->slowest_ns[0];

	if (successes < PATIENCE_SUCCESSES_MIN)
		return PATIENCE_NEVER;
	if (before && slowest_ns < patience->slowest_ns[1])
		slowest_ns = patience->slowest_ns[1];
	slowest_ns *= PATIENCE_TIMES;
	return slowest_ns > PATIENCE_LEAST_NS ? slowest_ns : PATIENCE_LEAST_NS;
}

/* ---- who waits ------------------------------------------------------------------------------------------------- */

static void list_in(struct patience *patience, struct patience **first)
{
	patience->next = *first;
	patience->link = first;
	if (patience->next)
		patience->next->link = &patience->next;
	*first = patience;
}

static void list_out(struct patience *patience)
{
	*patience->link = patience->next;
	if (patience->next)
		patience->next->link = patience->link;
	patience->link = NULL;
}

/* Nobody is older than the one before, whatever order samples of two CPUs come in. */
void patience_add(struct patience *patience, struct patience **first, struct awaited *awaited, uint64_t now_ns)
{
	struct awaited *before = patience->newest;

	awaited->since_ns = before && before->since_ns > now_ns ? before->since_ns : now_ns;
	awaited->at = patience;
	awaited->older = before;
	awaited->newer = NULL;
	if (before)
		before->newer = awaited;
	else
		patience->oldest = awaited;
	patience->newest = awaited;
	if (!patience->link)
		list_in(patience, first);
}

void patience_remove(struct awaited *awaited)
{
	struct patience *patience = awaited->at;

	if (!patience)
		return;
	if (awaited->older)
		awaited->older->newer = awaited->newer;
	else
		patience->oldest = awaited->newer;
	if (awaited->newer)
		awaited->newer->older = awaited->older;
	else
		patience->newest = awaited->older;
	awaited->at = NULL;
	if (!patience->oldest)
		list_out(patience);
}

/* Whoever came later than one who waits for what nobody knows is known no better: the oldest decides. */
struct awaited *patience_next(struct patience *patience, uint64_t now_ns, bool *ret_overdue)
{
	const uint64_t limit_ns = patience_limit_ns(patience, now_ns);
	struct awaited *oldest = patience->oldest;
	const uint64_t age = oldest ? age_ns(oldest->since_ns, now_ns) : 0;
	const bool overdue = oldest && age >= limit_ns && patience->alive_ns >= oldest->since_ns;

	if (!overdue && age < PATIENCE_MOST_NS)
		return NULL;
	patience_remove(oldest);
	*ret_overdue = overdue;
	return oldest;
}

void patience_let_off(struct patience *patience)
{
	while (patience->oldest)
		patience_remove(patience->oldest);
}

/* Who is let in after longer than that was behind something that others may be behind, too. */
void patience_success(struct patience *patience, uint64_t asked_ns, uint64_t now_ns, bool telling)
{
	const uint64_t took_ns = age_ns(asked_ns, now_ns);
	const bool stuck = took_ns > patience_limit_ns(patience, now_ns);

	if (!stuck && patience->alive_ns < asked_ns)
		patience->alive_ns = asked_ns;
	if (!telling)
		return;
	turn_era(patience, now_ns);
	patience->successes[0]++;
	if (patience->slowest_ns[0] < took_ns)
		patience->slowest_ns[0] = took_ns;
	if (stuck)
		patience_let_off(patience);
}
