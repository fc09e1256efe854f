/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/research/whatif.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *whatif_text(enum whatif_how how)
{
	static const char *const text[] = {
		[WHATIF_ONLY_NOW] = "no more", [WHATIF_ONLY_THEN] = "new",   [WHATIF_HARDER] = "harder",
		[WHATIF_SOFTER] = "softer",    [WHATIF_EARLIER] = "earlier", [WHATIF_LATER] = "later",
		[WHATIF_REASON] = "otherwise",
	};

	return text[how];
}

static int compare(const struct trial_target *a, const struct trial_target *b)
{
	if (a->target.source != b->target.source)
		return a->target.source < b->target.source ? -1 : 1;
	return a->target.bits - b->target.bits;
}

static bool same_words(const struct ruling *a, const struct ruling *b)
{
	return a->for_ns == b->for_ns && !strcmp(a->rule, b->rule);
}

/* False: both come to the same. */
static bool differs(const struct ruling *now, const struct ruling *then, enum whatif_how *ret_how)
{
	if (now->action != then->action)
		*ret_how = then->action > now->action ? WHATIF_HARDER : WHATIF_SOFTER;
	else if (now->time_ns != then->time_ns)
		*ret_how = then->time_ns < now->time_ns ? WHATIF_EARLIER : WHATIF_LATER;
	else if (!same_words(now, then))
		*ret_how = WHATIF_REASON;
	else
		return false;
	return true;
}

static void add(struct whatif *whatif, const struct trial *now, const struct trial_target *a, const struct trial *then,
		const struct trial_target *b)
{
	struct whatif_difference *difference = &whatif->difference[whatif->differences];

	*difference = (struct whatif_difference){
		.how = a ? WHATIF_ONLY_NOW : WHATIF_ONLY_THEN,
		.target = a ? a->target : b->target,
		.now = a ? &now->ruling[a->strongest] : NULL,
		.then = b ? &then->ruling[b->strongest] : NULL,
		.prevented_now = a ? a->prevented : 0,
		.prevented_then = b ? b->prevented : 0,
	};
	if (a && b && !differs(difference->now, difference->then, &difference->how))
		whatif->same++;
	else
		whatif->differences++;
}

int whatif_compare(struct whatif *ret_whatif, const struct trial *now, const struct trial *then)
{
	struct whatif whatif = {0};
	size_t i = 0, j = 0;

	whatif.difference = calloc(now->targets + then->targets + 1, sizeof(*whatif.difference));
	if (!whatif.difference)
		return -ENOMEM;
	while (i < now->targets || j < then->targets) {
		const struct trial_target *a = i < now->targets ? &now->target[i] : NULL;
		const struct trial_target *b = j < then->targets ? &then->target[j] : NULL;
		const int order = !b ? -1 : !a ? 1 : compare(a, b);

		add(&whatif, now, order <= 0 ? a : NULL, then, order >= 0 ? b : NULL);
		i += order <= 0;
		j += order >= 0;
	}
	*ret_whatif = whatif;
	return 0;
}

void whatif_free(struct whatif *whatif)
{
	free(whatif->difference);
	whatif->difference = NULL;
}
