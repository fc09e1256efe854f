/* SPDX-License-Identifier: BSD-2-Clause */
/* Two caps: an exact window over the last minute's bans, and a sum over what is in force and touches people who
 * logged in lately. The widest prefix needs no check here: judge_new refuses rules that could exceed it. */
#include "user/judge/guardrail.h"

#include <errno.h>
#include <stdlib.h>

#include "user/core/duration.h"
#include "user/core/sentence.h"
#include "user/core/table.h"
#include "user/judge/window.h"

/* Most decisions touch nobody and need no entry; when this many do, the cap has been reached long before. */
#define TOUCHING_MAX 4096

struct touching {
	uint32_t sources;
	uint64_t until_ns;
};

struct guardrail {
	struct guardrail_settings settings;
	struct window *bans;
	struct table *touching; /* by target */
	bool tripped;
	char why[160];
};

int guardrail_new(struct guardrail **ret_guardrail, const struct guardrail_settings *settings, uint64_t seed)
{
	struct guardrail *guardrail = calloc(1, sizeof(*guardrail));
	int result;

	if (!guardrail)
		return -ENOMEM;
	guardrail->settings = *settings;
	guardrail->bans = calloc(1, window_bytes(settings->bans_per_minute));
	result = guardrail->bans ? table_new(&guardrail->touching, TOUCHING_MAX, sizeof(struct touching), seed)
				 : -ENOMEM;
	if (result) {
		guardrail_free(guardrail);
		return result;
	}
	*ret_guardrail = guardrail;
	return 0;
}

void guardrail_free(struct guardrail *guardrail)
{
	if (!guardrail)
		return;
	table_free(guardrail->touching);
	free(guardrail->bans);
	free(guardrail);
}

size_t guardrail_bytes(const struct guardrail_settings *settings)
{
	return sizeof(struct guardrail) + window_bytes(settings->bans_per_minute) +
	       table_bytes(TOUCHING_MAX, sizeof(struct touching));
}

static bool too_many_bans(struct guardrail *guardrail, uint64_t now_ns)
{
	const uint32_t cap = guardrail->settings.bans_per_minute;
	struct sentence why;

	if (!cap)
		return false;
	if (window_count(guardrail->bans, cap, NS_PER_MINUTE, now_ns) < cap) {
		window_add(guardrail->bans, cap, now_ns);
		return false;
	}
	why = sentence_start(guardrail->why, sizeof(guardrail->why));
	sentence_add(&why, "more than %u new bans in a minute (bans_per_minute)", cap);
	return true;
}

/* Recently successful sources under what is in force, `target` left out. */
static uint64_t touched_now(const struct guardrail *guardrail, uint64_t target, uint64_t now_ns)
{
	const struct touching *touching;
	uint64_t key, sum = 0;
	uint32_t cursor = 0;

	while ((touching = table_next(guardrail->touching, &cursor, &key)))
		if (key != target && touching->until_ns > now_ns)
			sum += touching->sources;
	return sum;
}

static bool too_many_touched(struct guardrail *guardrail, const struct guardrail_request *request, uint64_t now_ns)
{
	const uint64_t target = table_prefix_key(guardrail->touching, &request->target);
	uint64_t allowed = (uint64_t)request->successful * guardrail->settings.successful_share_ppm / 1000000;
	struct touching *touching;
	struct sentence why;
	uint64_t touched;

	if (!request->touched || !guardrail->settings.successful_share_ppm)
		return false;
	if (allowed < GUARDRAIL_TOUCHED_MIN)
		allowed = GUARDRAIL_TOUCHED_MIN;
	touched = touched_now(guardrail, target, now_ns) + request->touched;
	if (touched <= allowed) {
		touching = table_take(guardrail->touching, target, NULL);
		touching->sources = request->touched;
		touching->until_ns = request->until_ns;
		return false;
	}
	why = sentence_start(guardrail->why, sizeof(guardrail->why));
	sentence_add(&why,
		     "decisions would touch %llu of %u sources that logged in lately, more than %llu "
		     "(successful_share)",
		     (unsigned long long)touched, request->successful, (unsigned long long)allowed);
	return true;
}

bool guardrail_admits(struct guardrail *guardrail, const struct guardrail_request *request, uint64_t now_ns)
{
	if (!guardrail->tripped)
		guardrail->tripped = too_many_touched(guardrail, request, now_ns) ||
				     (request->ban && too_many_bans(guardrail, now_ns));
	return !guardrail->tripped;
}

void guardrail_lift(struct guardrail *guardrail, const struct prefix *target)
{
	table_remove(guardrail->touching, table_prefix_key(guardrail->touching, target));
}

const char *guardrail_why(const struct guardrail *guardrail)
{
	return guardrail->tripped ? guardrail->why : NULL;
}

void guardrail_reset(struct guardrail *guardrail)
{
	guardrail->tripped = false;
	guardrail->bans->used = 0;
	guardrail->bans->next = 0;
}
