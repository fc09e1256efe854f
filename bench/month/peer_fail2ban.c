/* SPDX-License-Identifier: BSD-2-Clause */
/* fail2ban 1.0.2 of Debian 12 with its jails dovecot and postfix-sasl, by what its code does (server/failmanager.py,
 * ticket.py, observer.py, banmanager.py, filter.d/dovecot.conf, filter.d/postfix.conf, jail.conf).
 *
 * A failure counts in findtime; when one comes later than that after the first, the count is what the old rate would
 * give in findtime (Ticket.adjustTime). Both jails ban all ports of mail, by address, everything of it (iptables, no
 * state). From line to ban: the filter is woken by inotify, the thread of the actions looks for tickets at growing
 * intervals of up to 2 s (utils.py, DEFAULT_SLEEP_TIME), then a program is run: 1 to 3 s (fail2ban issue 1183: about
 * 3 s). Generous to it: any number of bans a second; issues 1382 and 1985 speak of 1 to 5. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/month/guard.h"
#include "user/core/duration.h"
#include "user/core/table.h"

#define JAILS 2
#define LATENCY_MIN_NS (1 * NS_PER_S)
#define LATENCY_SPREAD_NS (2 * NS_PER_S)
#define BAN_COUNT_MAX 20 /* of the default bantime.formula */

struct jail {
	uint64_t first_ns, last_ns; /* of the ticket; first 0: there is none */
	uint64_t from_ns, until_ns; /* of the latest ban */
	uint32_t retry, bans;
};
struct record {
	struct jail jail[JAILS];
};

struct fail2ban {
	struct guard guard;
	struct fail2ban_settings settings;
	struct table *records;
	uint64_t bans;
};

/* jail.conf as shipped, the two jails switched on. */
const struct fail2ban_settings fail2ban_default = {
	.name = "fail2ban",
	.maxretry = 5,
	.findtime_ns = 10 * NS_PER_MINUTE,
	.bantime_ns = 10 * NS_PER_MINUTE,
	.purge_ns = 24 * NS_PER_HOUR,
};
/* What its users are told to do next: an hour, doubling; and Dovecot has to tell failures when they happen. */
const struct fail2ban_settings fail2ban_tuned = {
	.name = "fail2ban tuned",
	.maxretry = 5,
	.findtime_ns = 1 * NS_PER_HOUR,
	.bantime_ns = 1 * NS_PER_HOUR,
	.maxtime_ns = 7 * 24 * NS_PER_HOUR,
	.purge_ns = 30 * 24 * NS_PER_HOUR,
	.verbose = true,
};

static struct fail2ban *fail2ban_of(struct guard *guard)
{
	return (struct fail2ban *)guard;
}

static bool jail_bans(const struct jail *jail, uint64_t now_ns)
{
	return jail->from_ns <= now_ns && now_ns < jail->until_ns;
}

static enum passage fail2ban_passes(struct guard *guard, const struct arrival *arrival, bool has_failed,
				    uint64_t now_ns)
{
	const struct record *record = table_find(fail2ban_of(guard)->records, guard_address_key(&arrival->address));

	(void)has_failed;
	if (!record || (!jail_bans(&record->jail[0], now_ns) && !jail_bans(&record->jail[1], now_ns)))
		return PASSAGE_FREE;
	return PASSAGE_BANNED;
}

static enum passage fail2ban_admits(struct guard *guard, const struct arrival *arrival)
{
	return fail2ban_passes(guard, arrival, false, arrival->time_ns);
}

/* Ticket.adjustTime and FailManager.cleanup. */
static void jail_count(struct jail *jail, const struct fail2ban_settings *settings, uint64_t now_ns, uint32_t count)
{
	const uint64_t window_ns = settings->findtime_ns;

	if (!jail->first_ns || now_ns - jail->last_ns >= window_ns) {
		jail->first_ns = now_ns;
		jail->retry = 0;
	} else if (now_ns - jail->first_ns > window_ns) {
		jail->retry =
			(uint32_t)((double)jail->retry / (double)(now_ns - jail->first_ns) * (double)window_ns + 0.5);
		jail->first_ns = now_ns - window_ns;
	}
	jail->last_ns = now_ns;
	jail->retry += count;
}

/* Who was banned before is counted double and more (Observer.failureFound): 2, 3, 5, 9 ... */
static uint32_t jail_weight(const struct jail *jail, const struct fail2ban_settings *settings)
{
	uint32_t weight = 1;

	if (settings->maxtime_ns && jail->bans)
		weight = (1u << (jail->bans < BAN_COUNT_MAX ? jail->bans : BAN_COUNT_MAX)) / 2 + 1;
	return weight < settings->maxretry ? weight : settings->maxretry;
}

static uint64_t jail_bantime_ns(const struct jail *jail, const struct fail2ban_settings *settings)
{
	uint64_t time_ns = settings->bantime_ns;

	for (uint32_t i = 0; i < jail->bans && time_ns < settings->maxtime_ns; i++)
		time_ns *= 2;
	return settings->maxtime_ns && time_ns > settings->maxtime_ns ? settings->maxtime_ns : time_ns;
}

static void jail_ban(struct fail2ban *fail2ban, struct jail *jail, const struct log_line *line, uint64_t key)
{
	const uint64_t until_ns = line->time_ns + jail_bantime_ns(jail, &fail2ban->settings);
	const uint64_t latency_ns = LATENCY_MIN_NS + (key * 0x9e3779b97f4a7c15ULL ^ line->time_ns) % LATENCY_SPREAD_NS;
	const struct guard_listener *listener = &fail2ban->guard.listener;

	jail->first_ns = 0; /* FailManager.toBan takes the ticket */
	if (jail->until_ns > line->time_ns) { /* BanManager.addBanTicket: banned already, the later end holds */
		if (jail->until_ns < until_ns)
			jail->until_ns = until_ns;
		return;
	}
	jail->from_ns = line->time_ns + latency_ns;
	jail->until_ns = until_ns;
	jail->bans++;
	fail2ban->bans++;
	if (listener->on_ban)
		listener->on_ban(listener->context, listener->index, addr_source(&line->address), jail->from_ns, false);
}

/* Fail2BanDb._purge_bips: three ban times after the ban, and dbpurgeage. */
static bool is_purged(const struct jail *jail, const struct fail2ban_settings *settings, uint64_t now_ns)
{
	return now_ns > jail->until_ns + 2 * (jail->until_ns - jail->from_ns) + settings->purge_ns;
}

static bool jail_of(const struct fail2ban_settings *settings, enum log_kind kind, unsigned *ret_jail)
{
	*ret_jail = kind == LOG_POSTFIX_FAILURE;
	return kind != LOG_POSTFIX_LOST && (kind != LOG_DOVECOT_FAILURE || settings->verbose);
}

static void fail2ban_read_line(struct guard *guard, const struct log_line *line)
{
	struct fail2ban *fail2ban = fail2ban_of(guard);
	const struct fail2ban_settings *settings = &fail2ban->settings;
	const uint64_t key = guard_address_key(&line->address);
	unsigned index;
	struct jail *jail;

	if (!jail_of(settings, line->kind, &index))
		return;
	jail = &((struct record *)table_take(fail2ban->records, key, NULL))->jail[index];
	if (jail->bans && is_purged(jail, settings, line->time_ns))
		jail->bans = 0;
	jail_count(jail, settings, line->time_ns, jail_weight(jail, settings));
	if (jail->retry >= settings->maxretry)
		jail_ban(fail2ban, jail, line, key);
}

static void fail2ban_remark(struct guard *guard, char *text, size_t size)
{
	const struct fail2ban *fail2ban = fail2ban_of(guard);

	snprintf(text, size, "%llu bans; %llu addresses pushed out of its memory", (unsigned long long)fail2ban->bans,
		 (unsigned long long)table_evictions(fail2ban->records));
}

static void fail2ban_free(struct guard *guard)
{
	table_free(fail2ban_of(guard)->records);
	free(guard);
}

static const struct guard_kind fail2ban_kind = {
	.free = fail2ban_free,
	.admits = fail2ban_admits,
	.passes = fail2ban_passes,
	.read_line = fail2ban_read_line,
	.remark = fail2ban_remark,
};

int peer_fail2ban_new(struct guard **ret_guard, const struct fail2ban_settings *settings, uint32_t addresses_max)
{
	struct fail2ban *fail2ban = calloc(1, sizeof(*fail2ban));
	int result;

	if (!fail2ban)
		return -ENOMEM;
	fail2ban->guard.kind = &fail2ban_kind;
	fail2ban->guard.name = settings->name;
	fail2ban->settings = *settings;
	result = table_new(&fail2ban->records, addresses_max, sizeof(struct record), 1);
	if (result) {
		free(fail2ban);
		return result;
	}
	*ret_guard = &fail2ban->guard;
	return 0;
}
