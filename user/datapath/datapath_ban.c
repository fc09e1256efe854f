/* SPDX-License-Identifier: BSD-2-Clause */
/* Bans and the allow list in the kernel half's tables: exact sources in the table (a store each), prefixes in the
 * tries. Keeps the flags that spare every packet the question to an empty trie. */
#include <errno.h>
#include <string.h>

#include "user/datapath/datapath_engine.h"

#define SWEEP_BUCKETS 1024 /* a call: some 20 us, so that a table of any size is swept without a stall */

static void flag_set(struct datapath *datapath, enum gp_flag flag, bool on)
{
	uint32_t *flags = &settings_in_force(datapath)->flags;

	if (on)
		__atomic_fetch_or(flags, flag, __ATOMIC_RELEASE);
	else
		__atomic_fetch_and(flags, ~(uint32_t)flag, __ATOMIC_RELEASE);
}

static bool is_source(const struct prefix *target)
{
	return target->bits == GP_SOURCE_BITS;
}

/* A trie answers with a shorter prefix when this one is not there; its value says how long it is. */
static bool prefix_find(const struct datapath *datapath, enum trie trie, const struct prefix *prefix,
			struct gp_prefix_ban *ret_value)
{
	const union trie_key key = {.prefix = prefix_key(prefix)};
	struct engine *engine = datapath->engine;

	return !engine->operations->trie_match(engine, trie, &key, ret_value) && ret_value->bits == prefix->bits;
}

static void prefix_forget(struct datapath *datapath, const struct prefix *prefix)
{
	shortlist_near(datapath->shortlist, prefix, false);
	filter_remove(datapath->filter, prefix);
}

/* The filter and the short list know of a prefix before the trie has it, and longer. */
static int prefix_put(struct datapath *datapath, enum trie trie, const struct prefix *prefix, uint32_t until,
		      enum gp_flag flag)
{
	const union trie_key key = {.prefix = prefix_key(prefix)};
	const struct gp_prefix_ban value = {.until = until, .bits = prefix->bits};
	struct gp_prefix_ban old;
	const bool is_new = !prefix_find(datapath, trie, prefix, &old);
	int error;

	if (is_new) {
		filter_add(datapath->filter, prefix);
		shortlist_near(datapath->shortlist, prefix, true);
	}
	flag_set(datapath, GP_LIST_WIDE, filter_is_wide(datapath->filter));
	error = datapath->engine->operations->trie_put(datapath->engine, trie, &key, &value);
	if (!error)
		flag_set(datapath, flag, true);
	else if (is_new)
		prefix_forget(datapath, prefix);
	return error;
}

static int prefix_remove(struct datapath *datapath, enum trie trie, const struct prefix *prefix, enum gp_flag flag)
{
	const union trie_key key = {.prefix = prefix_key(prefix)};
	int error = datapath->engine->operations->trie_remove(datapath->engine, trie, &key);
	union trie_key any;

	if (!error)
		prefix_forget(datapath, prefix);
	flag_set(datapath, GP_LIST_WIDE, filter_is_wide(datapath->filter));
	if (datapath->engine->operations->trie_next(datapath->engine, trie, NULL, &any))
		flag_set(datapath, flag, false);
	return error;
}

int datapath_ban(struct datapath *datapath, const struct prefix *target, enum gp_action action, uint32_t until_s,
		 uint32_t now_s)
{
	if (is_source(target))
		return ban_table_put(&datapath->bans, target->source, action, until_s, now_s);
	if (action == GP_ACTION_NONE || until_s > GP_BAN_SECONDS_MAX)
		return -EINVAL;
	return prefix_put(datapath, TRIE_BANNED_PREFIXES, target, GP_BAN_UNTIL(until_s, action), GP_HAS_PREFIX_BANS);
}

int datapath_unban(struct datapath *datapath, const struct prefix *target)
{
	if (is_source(target))
		return ban_table_remove(&datapath->bans, target->source);
	return prefix_remove(datapath, TRIE_BANNED_PREFIXES, target, GP_HAS_PREFIX_BANS);
}

int datapath_ban_read(const struct datapath *datapath, const struct prefix *target, uint32_t *ret_until,
		      uint32_t *ret_hits)
{
	const struct gp_ban *ban;
	struct gp_prefix_ban found;

	if (is_source(target)) {
		ban = ban_table_find(&datapath->bans, target->source);
		if (!ban)
			return -ENOENT;
		*ret_until = ban->until & ~GP_BAN_SPILLED;
		*ret_hits = ban->hits;
		return 0;
	}
	if (!prefix_find(datapath, TRIE_BANNED_PREFIXES, target, &found))
		return -ENOENT;
	*ret_until = found.until;
	*ret_hits = found.hits;
	return 0;
}

static uint32_t ban_end(const void *table, uint64_t source)
{
	const struct gp_ban *ban = ban_table_find(table, source);

	return ban ? GP_BAN_SECONDS(ban->until) : 0;
}

uint32_t datapath_sweep(struct datapath *datapath, uint32_t now_s)
{
	uint32_t freed = ban_table_sweep(&datapath->bans, &datapath->sweep_cursor, SWEEP_BUCKETS, now_s);

	shortlist_sweep(datapath->shortlist, &datapath->short_cursor, SWEEP_BUCKETS, now_s, ban_end, &datapath->bans);
	return freed;
}

static void prefix_from_key(const struct gp_prefix_key *key, struct prefix *ret_prefix)
{
	ret_prefix->bits = (uint8_t)key->bits;
	ret_prefix->source = 0;
	for (size_t i = 0; i < sizeof(key->source_be); i++)
		ret_prefix->source = ret_prefix->source << 8 | key->source_be[i];
}

static void prefixes_each(const struct datapath *datapath, enum trie trie,
			  void (*each)(void *context, const struct prefix *target, uint32_t until), void *context)
{
	struct engine *engine = datapath->engine;
	struct gp_prefix_ban found;
	union trie_key key, next;
	struct prefix target;
	int end = engine->operations->trie_next(engine, trie, NULL, &key);

	while (!end) {
		end = engine->operations->trie_next(engine, trie, &key, &next);
		prefix_from_key(&key.prefix, &target);
		if (!engine->operations->trie_match(engine, trie, &key, &found))
			each(context, &target, found.until);
		key = next;
	}
}

void datapath_bans_each(const struct datapath *datapath,
			void (*each)(void *context, const struct prefix *target, uint32_t until), void *context)
{
	const struct gp_ban *ban;
	struct prefix target;
	uint32_t cursor = 0;

	while ((ban = ban_table_next(&datapath->bans, &cursor))) {
		target = prefix_of_source(ban->source);
		each(context, &target, ban->until & ~GP_BAN_SPILLED);
	}
	prefixes_each(datapath, TRIE_BANNED_PREFIXES, each, context);
}

void datapath_allowed_each(const struct datapath *datapath,
			   void (*each)(void *context, const struct prefix *target, uint32_t until), void *context)
{
	prefixes_each(datapath, TRIE_ALLOWED, each, context);
}

int datapath_allow(struct datapath *datapath, const struct prefix *prefix)
{
	return prefix_put(datapath, TRIE_ALLOWED, prefix, 0, GP_HAS_ALLOWED);
}

int datapath_disallow(struct datapath *datapath, const struct prefix *prefix)
{
	return prefix_remove(datapath, TRIE_ALLOWED, prefix, GP_HAS_ALLOWED);
}
