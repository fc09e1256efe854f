/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of settings. rules/gatepost.conf explains each of them; a test holds the two together. */
#include "user/config/config_keys.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/config_fleet.h"
#include "user/core/duration.h"

static const char *const roles[] = {"gateway", "host", "tap", NULL};
static const char *const modes[] = {"observe", "enforce", NULL};
static const char *const switches[] = {"no", "yes", NULL};
static const char *const fragments[] = {"pass", "drop", NULL};
static const char *const attaches[] = {"native", "generic", NULL};
static const char *const counts[] = {"connections", "open",     "waiting", "handshakes", "attempts",
				     "failures",    "accounts", "sources", NULL};
static const char *const actions[] = {"observe", "alert", "limit", "ban", NULL};

_Static_assert(sizeof(enum role) == sizeof(unsigned int), "a word is an unsigned int");
_Static_assert(offsetof(struct settings, prefix_v6_bits) == offsetof(struct settings, prefix_v4_bits) + 1,
	       "two prefix lengths stand together");
_Static_assert(offsetof(struct guardrail_settings, widest_v6_bits) ==
		       offsetof(struct guardrail_settings, widest_v4_bits) + 1,
	       "two prefix lengths stand together");
_Static_assert(offsetof(struct fleet_settings, rate_burst) - offsetof(struct fleet_settings, rate_milli) ==
		       offsetof(struct rate_settings, burst) - offsetof(struct rate_settings, per_second_milli),
	       "they are a struct rate_settings");
_Static_assert(FLEET_PATH_BYTES == SETTINGS_PATH_BYTES, "one length");

#define AT(field) offsetof(struct config_draft, field)
#define PATH_MAX_BYTES (SETTINGS_PATH_BYTES - 1)
#define SOCKET_PATH_MAX 107 /* sun_path of unix(7) */

const struct config_key config_keys[] = {
	{"", "role", &config_word, AT(settings.role), "gateway", .words = roles},
	{"", "mode", &config_flag, AT(settings.enforce), "observe", .words = modes},
	{"", "user", &config_text, AT(settings.user), "gatepost", .least = 0, .most = 31},
	{"", "control_group", &config_text, AT(settings.control_group), "gatepost", .least = 0, .most = 31},
	{"", "control_socket", &config_text, AT(settings.control_socket), "/run/gatepost/control", .least = 1,
	 .most = SOCKET_PATH_MAX},
	{"", "state_dir", &config_text, AT(settings.state_dir), "/var/lib/gatepost", .least = 1,
	 .most = PATH_MAX_BYTES},
	{"", "profiles_dir", &config_text, AT(settings.profiles_dir), "profiles", .least = 0, .most = PATH_MAX_BYTES},
	{"", "learn_servers", &config_flag, AT(settings.learn_servers), "yes", .words = switches},
	{"", "pin_dir", &config_text, AT(settings.pin_dir), "/sys/fs/bpf/gatepost", .least = 1, .most = PATH_MAX_BYTES},
	{"", "rules_file", &config_text, AT(rules_file), "default.rules", .least = 0, .most = PATH_MAX_BYTES},
	{"", "allow_file", &config_text, AT(allow_file), "allow.prefixes", .least = 0, .most = PATH_MAX_BYTES},
	{"", "one_way", &config_flag, AT(settings.one_way), "no", .words = switches},
	{"", "fragments", &config_flag, AT(settings.drop_fragments), "drop", .words = fragments},
	{"", "proven_for", &config_duration, AT(settings.proven_for_ns), "7d", .least = NS_PER_MINUTE,
	 .most = 100 * NS_PER_DAY},
	{"", "flow_idle", &config_duration, AT(settings.flow_idle_ns), "35m", .least = 10 * NS_PER_S,
	 .most = NS_PER_DAY},
	{"", "remember", &config_duration, AT(settings.judge.remember_ns), "30d", .least = NS_PER_S,
	 .most = 366 * NS_PER_DAY},
	{"", "overdue", &config_flag, AT(settings.judge.overdue), "yes", .words = switches},
	{"", "memory_max", &config_size, AT(settings.memory_max_bytes), "1GiB", .least = 16ULL << 20,
	 .most = 1ULL << 40},

	{"limit", "source", &config_rate, AT(settings.source), "50/s burst 500", .least = 0},
	{"limit", "judged", &config_rate, AT(settings.judged), "2/s burst 20", .least = 1},
	{"limit", "judged_prefix", &config_rate, AT(settings.judged_prefix), "1/s burst 10", .least = 1},
	{"limit", "retry", &config_rate, AT(settings.retry), "5/s burst 20", .least = 0},
	{"limit", "prefix", &config_rate, AT(settings.prefix), "200/s burst 2000", .least = 0},
	{"limit", "prefix_lengths", &config_lengths, AT(settings.prefix_v4_bits), "/24,/48", .least = 0},
	{"limit", "service", &config_rate, AT(settings.service), "2000/s burst 10000", .least = 0},
	{"limit", "flooded_for", &config_duration, AT(settings.flooded_for_ns), "30s", .least = 0, .most = NS_PER_DAY},
	{"limit", "samples", &config_rate, AT(settings.samples), "20000/s burst 20000", .least = 1},

	{"tables", "bans", &config_number, AT(settings.bans_max), "131072", .least = 16, .most = 1u << 24},
	{"tables", "sources", &config_number, AT(settings.sources_max), "1048576", .least = 64, .most = 1u << 26},
	{"tables", "syns", &config_number, AT(settings.syns_max), "8388608", .least = 64, .most = 1u << 30},
	{"tables", "flows", &config_number, AT(settings.flows_max), "65536", .least = 64, .most = 1u << 24},
	{"tables", "servers", &config_number, AT(settings.servers_max), "1024", .least = 16, .most = 1u << 20},
	{"tables", "judge_sources", &config_number, AT(settings.judge.sources_max), "262144", .least = 16,
	 .most = 1u << 24},
	{"tables", "judge_keys", &config_number, AT(settings.judge.keys_max), "65536", .least = 16, .most = 1u << 24},

	{"credit", "per_success", &config_number, AT(settings.judge.credit.per_success), "5", .least = 0, .most = 1000},
	{"credit", "most", &config_number, AT(settings.judge.credit.most), "60", .least = 0, .most = 10000},
	{"credit", "half_life", &config_duration, AT(settings.judge.credit.half_life_ns), "6h", .least = NS_PER_S,
	 .most = 31 * NS_PER_DAY},
	{"credit", "repeat", &config_duration, AT(settings.judge.credit.repeat_ns), "1d", .least = 0,
	 .most = 31 * NS_PER_DAY},

	{"guardrail", "bans_per_minute", &config_number, AT(settings.judge.guardrail.bans_per_minute), "600",
	 .least = 0, .most = GUARDRAIL_BANS_MAX},
	{"guardrail", "widest", &config_lengths, AT(settings.judge.guardrail.widest_v4_bits), "/20,/44", .least = 0},
	{"guardrail", "successful_share", &config_share, AT(settings.judge.guardrail.successful_share_ppm), "0.5%",
	 .least = 0},
	{"guardrail", "successful_for", &config_duration, AT(settings.judge.guardrail.successful_for_ns), "7d",
	 .least = NS_PER_MINUTE, .most = 366 * NS_PER_DAY},

	{"fleet", "share", &config_flag, AT(settings.fleet.share), "no", .words = switches},
	{"fleet", "node", &config_text, AT(settings.fleet.node), "", .least = 0, .most = FLEET_NODE_BYTES - 1},
	{"fleet", "successes", &config_flag, AT(settings.fleet.successes), "yes", .words = switches},
	{"fleet", "key_file", &config_text, AT(settings.fleet.key_file), "fleet.key", .least = 1,
	 .most = PATH_MAX_BYTES},
	{"fleet", "redis", &config_fleet_address, AT(settings.fleet.redis), "127.0.0.1:6379", .least = 0},
	{"fleet", "sentinel_master", &config_text, AT(settings.fleet.sentinel_master), "", .least = 0, .most = 63},
	{"fleet", "sentinel_user", &config_text, AT(settings.fleet.sentinel_user), "", .least = 0, .most = 63},
	{"fleet", "sentinel_password_file", &config_text, AT(settings.fleet.sentinel_password_file), "", .least = 0,
	 .most = PATH_MAX_BYTES},
	{"fleet", "sentinel_tls", &config_flag, AT(settings.fleet.sentinel_tls), "no", .words = switches},
	{"fleet", "user", &config_text, AT(settings.fleet.user), "", .least = 0, .most = 63},
	{"fleet", "password_file", &config_text, AT(settings.fleet.password_file), "", .least = 0,
	 .most = PATH_MAX_BYTES},
	{"fleet", "tls", &config_flag, AT(settings.fleet.tls), "no", .words = switches},
	{"fleet", "tls_ca_file", &config_text, AT(settings.fleet.tls_ca_file), "", .least = 0, .most = PATH_MAX_BYTES},
	{"fleet", "tls_certificate_file", &config_text, AT(settings.fleet.tls_certificate_file), "", .least = 0,
	 .most = PATH_MAX_BYTES},
	{"fleet", "tls_key_file", &config_text, AT(settings.fleet.tls_key_file), "", .least = 0,
	 .most = PATH_MAX_BYTES},
	{"fleet", "tls_name", &config_text, AT(settings.fleet.tls_name), "", .least = 0, .most = 63},
	{"fleet", "name", &config_text, AT(settings.fleet.name), "gatepost", .least = 1, .most = 31},
	{"fleet", "longest", &config_duration, AT(settings.fleet.longest_ns), "30d", .least = NS_PER_MINUTE,
	 .most = 366 * NS_PER_DAY},
	{"fleet", "rate", &config_rate, AT(settings.fleet.rate_milli), "50/s burst 20000", .least = 0},
	{"fleet", "entries_per_node", &config_number, AT(settings.fleet.entries_per_node), "131072", .least = 1,
	 .most = 1u << 24},
	{"fleet", "entries", &config_number, AT(settings.fleet.entries_max), "262144", .least = 16, .most = 1u << 24},
	{"fleet", "queue", &config_number, AT(settings.fleet.queue_max), "65536", .least = 16, .most = 1u << 24},
	{"fleet", "stream", &config_number, AT(settings.fleet.stream_max), "100000", .least = 100, .most = 1u << 24},
	{"fleet", "jitter", &config_duration, AT(settings.fleet.jitter_ns), "2s", .least = 0, .most = NS_PER_MINUTE},
	{0},
};
#undef AT

#define AT(field) offsetof(struct rule, field)
const struct config_key config_rule_keys[] = {
	{"rule", "count", &config_word, AT(count), NULL, .words = counts},
	{"rule", "threshold", &config_number, AT(threshold), NULL, .least = 1, .most = RULE_THRESHOLD_MAX},
	{"rule", "window", &config_duration, AT(window_ns), NULL, .least = NS_PER_S, .most = 31 * NS_PER_DAY},
	{"rule", "action", &config_word, AT(action), NULL, .words = actions},
	{"rule", "for", &config_duration, AT(for_ns), NULL, .least = NS_PER_S, .most = 366 * NS_PER_DAY},
	{"rule", "at_most", &config_duration, AT(at_most_ns), NULL, .least = NS_PER_S, .most = 366 * NS_PER_DAY},
	{"rule", "unless_success", &config_duration, AT(unless_success_ns), "no", .least = 0, .most = 366 * NS_PER_DAY},
	{"rule", "despite_credit", &config_flag, AT(despite_credit), "no", .words = switches},
	{"rule", "shadow", &config_flag, AT(shadow), "no", .words = switches},
	{"rule", "fleet", &config_flag, AT(fleet), "no", .words = switches},
	{0},
};
#undef AT

const struct config_key config_interface_keys[] = {
	{"interface", "attach", &config_word, offsetof(struct interface_settings, attach), "native", .words = attaches},
	{0},
};

/* What the tables do not say: lists, and a rule's `per`, which fills three fields. */
static const struct config_grammar lists[] = {
	{"", "allow", .list = true},
};
static const struct config_grammar service_lists[] = {
	{"service", "ports", .list = true, .titled = true},
	{"service", "servers", .list = true, .titled = true},
};
static const struct config_grammar rule_rest[] = {
	{"rule", "services", .list = true, .titled = true},
	{"rule", "per", .titled = true},
};

static const struct config_grammar fleet_rest[] = {
	{"fleet", "sentinels", .list = true}, /* stands with the rest of its section, at the end of the table */
	{"peer", "key", .titled = true},
};

struct growing {
	struct config_grammar *row;
	size_t count;
};

static void grow_keys(struct growing *grammar, const struct config_key *keys, bool titled)
{
	for (; keys->key; keys++)
		grammar->row[grammar->count++] =
			(struct config_grammar){.section = keys->section, .key = keys->key, .titled = titled};
}

static void grow_rows(struct growing *grammar, const struct config_grammar *rows, size_t count)
{
	memcpy(grammar->row + grammar->count, rows, count * sizeof(*rows));
	grammar->count += count;
}

int config_grammar_new(bool rules_only, struct config_grammar **ret_grammar, size_t *ret_rows)
{
	const size_t most = sizeof(config_keys) / sizeof(config_keys[0]) +
			    sizeof(config_rule_keys) / sizeof(config_rule_keys[0]) + 16;
	struct growing grammar = {.row = calloc(most, sizeof(struct config_grammar))};

	if (!grammar.row)
		return -ENOMEM;
	grow_keys(&grammar, config_rule_keys, true);
	grow_rows(&grammar, rule_rest, sizeof(rule_rest) / sizeof(rule_rest[0]));
	if (!rules_only) {
		grow_rows(&grammar, lists, sizeof(lists) / sizeof(lists[0]));
		grow_rows(&grammar, service_lists, sizeof(service_lists) / sizeof(service_lists[0]));
		grow_keys(&grammar, config_interface_keys, true);
		grow_keys(&grammar, config_keys, false);
		grow_rows(&grammar, fleet_rest, sizeof(fleet_rest) / sizeof(fleet_rest[0]));
	}
	*ret_grammar = grammar.row;
	*ret_rows = grammar.count;
	return 0;
}

void config_fall_back(const struct config_key *keys, void *base)
{
	for (; keys->key; keys++)
		if (keys->fallback)
			keys->kind->parse(keys, keys->fallback, (char *)base + keys->offset);
}

static int fault_of_value(const struct config_key *key, const char *name, const struct config_item *item, int error,
			  struct fault *fault)
{
	char expected[CONFIG_VALUE_BYTES];
	struct sentence sentence = sentence_start(expected, sizeof(expected));

	key->kind->expect(key, &sentence);
	return fault_set_at(fault, error, name, item->line, "'%s' wants %s, got '%.64s'", key->key, expected,
			    item->value);
}

int config_set(const struct config_key *keys, void *base, const char *name, const struct config_item *item,
	       struct fault *fault)
{
	int result;

	while (keys->key && (strcmp(keys->section, item->section) || strcmp(keys->key, item->key)))
		keys++;
	if (!keys->key)
		return -ENOENT; /* not of this table */
	result = keys->kind->parse(keys, item->value, (char *)base + keys->offset);
	return result ? fault_of_value(keys, name, item, EINVAL, fault) : 0;
}
