/* SPDX-License-Identifier: BSD-2-Clause */
/* CrowdSec with its nftables bouncer. From Debian 12's packages: crowdsec 1.4.6, its hub files under
 * /usr/share/crowdsec/hub (scenarios crowdsecurity/dovecot-spam and crowdsecurity/postfix-spam, parsers dovecot-logs
 * and postfix-logs), profiles.yaml, and crowdsec-firewall-bouncer 0.0.25 (update_frequency 10s). The scenarios for slow
 * guessing are the hub's melite/dovecot-slow-bf (at commit b40f5954) and melite/postfix-slow-bf (8dabf51a); their
 * variants that count user names have the same capacity and are never first.
 *
 * A bucket is a token bucket (golang.org/x/time/rate, pkg/leakybucket/bucket.go): `capacity` events at once, one more
 * each `leakspeed`; the event too many overflows it, and it begins anew. Further overflows of an address are discarded
 * for `blackhole` (blackhole.go). Decisions are of one address, all ports, everything of it. The line is read, poured
 * and posted within a second; the bouncer asks every 10 s. Generous to it: the set takes any number of addresses. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/month/guard.h"
#include "user/core/duration.h"
#include "user/core/table.h"

#define POST_NS (1 * NS_PER_S)
#define POLL_NS (10 * NS_PER_S)
#define DECISION_NS (4 * NS_PER_HOUR)
#define DECISIONS_KEPT_NS (7 * NS_PER_DAY) /* db_config: flush: max_age */

#define OF(kind) (1u << (kind))
struct scenario {
	unsigned lines; /* bit 1 << enum log_kind */
	uint32_t capacity;
	uint64_t leakspeed_ns, blackhole_ns;
};
static const struct scenario scenarios[] = {
	/* dovecot-spam, postfix-spam; then, slow: dovecot-slow-bf, postfix-slow-bf */
	{OF(LOG_DOVECOT_END) | OF(LOG_DOVECOT_FAILURE), 3, 360 * NS_PER_S, 5 * NS_PER_MINUTE},
	{OF(LOG_POSTFIX_FAILURE) | OF(LOG_POSTFIX_LOST), 5, 10 * NS_PER_S, 1 * NS_PER_MINUTE},
	{OF(LOG_DOVECOT_END) | OF(LOG_DOVECOT_FAILURE), 3, 3600 * NS_PER_S, 5 * NS_PER_MINUTE},
	{OF(LOG_POSTFIX_FAILURE) | OF(LOG_POSTFIX_LOST), 7, 900 * NS_PER_S, 5 * NS_PER_MINUTE},
};
#define SCENARIOS (sizeof(scenarios) / sizeof(*scenarios))
#define SCENARIOS_INSTALLED 2 /* by the collections crowdsecurity/dovecot and crowdsecurity/postfix */

struct bucket {
	double used; /* tokens taken, at used_ns */
	uint64_t used_ns, hidden_until_ns;
};
struct record {
	struct bucket bucket[SCENARIOS];
	uint64_t from_ns, until_ns, decided_ns;
	uint32_t decisions;
};

struct crowdsec {
	struct guard guard;
	struct crowdsec_settings settings;
	struct table *records;
	uint64_t bans;
};

const struct crowdsec_settings crowdsec_default = {.name = "CrowdSec"};
const struct crowdsec_settings crowdsec_tuned = {
	.name = "CrowdSec tuned",
	.slow = true,
	.grows = true,
	.verbose = true,
};

static struct crowdsec *crowdsec_of(struct guard *guard)
{
	return (struct crowdsec *)guard;
}

static enum passage crowdsec_passes(struct guard *guard, const struct arrival *arrival, bool has_failed,
				    uint64_t now_ns)
{
	const struct record *record = table_find(crowdsec_of(guard)->records, guard_address_key(&arrival->address));

	(void)has_failed;
	return record && now_ns >= record->from_ns && now_ns < record->until_ns ? PASSAGE_BANNED : PASSAGE_FREE;
}

static enum passage crowdsec_admits(struct guard *guard, const struct arrival *arrival)
{
	return crowdsec_passes(guard, arrival, false, arrival->time_ns);
}

/* True: it overflowed, and says so. */
static bool bucket_pour(struct bucket *bucket, const struct scenario *scenario, uint64_t now_ns)
{
	bucket->used -= (double)(now_ns - bucket->used_ns) / (double)scenario->leakspeed_ns;
	bucket->used_ns = now_ns;
	if (bucket->used < 0)
		bucket->used = 0;
	if (bucket->used + 1 <= scenario->capacity) {
		bucket->used += 1;
		return false;
	}
	bucket->used = 0;
	if (now_ns < bucket->hidden_until_ns)
		return false;
	bucket->hidden_until_ns = now_ns + scenario->blackhole_ns;
	return true;
}

/* Decisions stand beside each other; the latest end is what counts. */
static void crowdsec_decide(struct crowdsec *crowdsec, struct record *record, const struct log_line *line)
{
	const struct guard_listener *listener = &crowdsec->guard.listener;
	const uint64_t now_ns = line->time_ns;
	uint64_t duration_ns = DECISION_NS;

	if (record->decisions && now_ns - record->decided_ns > DECISIONS_KEPT_NS)
		record->decisions = 0;
	if (crowdsec->settings.grows)
		duration_ns *= record->decisions + 1;
	record->decisions++;
	record->decided_ns = now_ns;
	if (record->until_ns <= now_ns) {
		record->from_ns = (now_ns + POST_NS + POLL_NS - 1) / POLL_NS * POLL_NS;
		crowdsec->bans++;
		if (listener->on_ban)
			listener->on_ban(listener->context, listener->index, addr_source(&line->address),
					 record->from_ns, false);
	}
	if (record->until_ns < now_ns + duration_ns)
		record->until_ns = now_ns + duration_ns;
}

static void crowdsec_read_line(struct guard *guard, const struct log_line *line)
{
	struct crowdsec *crowdsec = crowdsec_of(guard);
	const unsigned count = crowdsec->settings.slow ? SCENARIOS : SCENARIOS_INSTALLED;
	struct record *record;

	if (line->kind == LOG_DOVECOT_FAILURE && !crowdsec->settings.verbose)
		return;
	record = table_take(crowdsec->records, guard_address_key(&line->address), NULL);
	for (unsigned i = 0; i < count; i++)
		if (scenarios[i].lines & OF(line->kind) &&
		    bucket_pour(&record->bucket[i], &scenarios[i], line->time_ns))
			crowdsec_decide(crowdsec, record, line);
}

static void crowdsec_remark(struct guard *guard, char *text, size_t size)
{
	const struct crowdsec *crowdsec = crowdsec_of(guard);

	snprintf(text, size, "%llu bans; %llu addresses pushed out of its memory", (unsigned long long)crowdsec->bans,
		 (unsigned long long)table_evictions(crowdsec->records));
}

static void crowdsec_free(struct guard *guard)
{
	table_free(crowdsec_of(guard)->records);
	free(guard);
}

static const struct guard_kind crowdsec_kind = {
	.free = crowdsec_free,
	.admits = crowdsec_admits,
	.passes = crowdsec_passes,
	.read_line = crowdsec_read_line,
	.remark = crowdsec_remark,
};

int peer_crowdsec_new(struct guard **ret_guard, const struct crowdsec_settings *settings, uint32_t addresses_max)
{
	struct crowdsec *crowdsec = calloc(1, sizeof(*crowdsec));
	int result;

	if (!crowdsec)
		return -ENOMEM;
	crowdsec->guard.kind = &crowdsec_kind;
	crowdsec->guard.name = settings->name;
	crowdsec->settings = *settings;
	result = table_new(&crowdsec->records, addresses_max, sizeof(struct record), 1);
	if (result) {
		free(crowdsec);
		return result;
	}
	*ret_guard = &crowdsec->guard;
	return 0;
}
