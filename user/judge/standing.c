/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/judge/standing.h"

#include <stddef.h>
#include <string.h>

#include "user/judge/window.h"

/* Samples of two CPUs may come in another order than they were taken in. The order of the list is what counts, so
 * nobody is older than the one before. */
void standings_add(struct standings *standings, struct standing *standing, uint64_t now_ns)
{
	struct standing *before = standings->newest;

	standing->open = true;
	standing->since_ns = before && before->since_ns > now_ns ? before->since_ns : now_ns;
	standing->counted = 0;
	standing->older = before;
	standing->newer = NULL;
	if (before)
		before->newer = standing;
	else
		standings->oldest = standing;
	standings->newest = standing;
	standings->count++;
}

static void step_back(struct standing **at, const struct standing *from)
{
	if (*at == from)
		*at = from->older;
}

void standings_remove(struct standings *standings, struct standing *standing)
{
	for (uint32_t i = 0; i < RULES_MAX; i++)
		step_back(&standings->reached[i], standing);
	step_back(&standings->patrolled, standing);
	if (standing->older)
		standing->older->newer = standing->newer;
	else
		standings->oldest = standing->newer;
	if (standing->newer)
		standing->newer->older = standing->older;
	else
		standings->newest = standing->older;
	standings->count--;
	memset(standing, 0, sizeof(*standing));
}

struct standing *standings_next(struct standings *standings, uint32_t index, uint64_t window_ns, uint64_t now_ns)
{
	struct standing *reached = standings->reached[index];
	struct standing *next = reached ? reached->newer : standings->oldest;

	if (!next || age_ns(next->since_ns, now_ns) < window_ns)
		return NULL;
	standings->reached[index] = next;
	return next;
}

struct standing *standings_patrol(struct standings *standings)
{
	struct standing *before = standings->patrolled;

	standings->patrolled = before && before->newer ? before->newer : standings->oldest;
	return standings->patrolled;
}

void standings_restart(struct standings *standings)
{
	memset(standings->reached, 0, sizeof(standings->reached));
	for (struct standing *standing = standings->oldest; standing; standing = standing->newer)
		standing->counted = 0;
}
