/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the configuration: what it says, how it complains, and that the manual and the program agree. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "user/config/config.h"
#include "user/config/config_keys.h"
#include "user/core/duration.h"

extern const char rules_gatepost_conf[], rules_default_rules[], rules_allow_prefixes[];

static struct settings *load(const char *text)
{
	struct settings *settings = NULL;
	struct fault fault = {.text = ""};
	char words[600];

	if (config_load_text("t.conf", text, &settings, &fault))
		fail_msg("%s", fault_text(&fault, words, sizeof(words)));
	return settings;
}

static void refuse(const char *text, const char *expected)
{
	struct settings *settings = NULL;
	struct fault fault = {.text = ""};
	char words[600];

	if (!config_load_text("t.conf", text, &settings, &fault))
		fail_msg("not refused: %s", text);
	assert_null(settings);
	if (!strstr(fault_text(&fault, words, sizeof(words)), expected))
		fail_msg("'%s' does not say '%s'", words, expected);
}

/* Settings as text: what the structures have between their fields is nobody's business. */
static char *print(const struct settings *settings)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	config_print(settings, file);
	fclose(file);
	return text;
}

static bool same(const struct settings *a, const struct settings *b)
{
	char *a_text = print(a), *b_text = print(b);
	const bool equal = !strcmp(a_text, b_text);

	free(a_text);
	free(b_text);
	return equal;
}

#define A_RULE "rule \"r\" { count = failures threshold = 20 window = 10m per = source action = ban for = 1h"

/* ---- the manual -------------------------------------------------------------------------------------------------- */

static void the_manual_is_what_the_program_does_without_it(void **state)
{
	struct settings *manual = NULL, *nothing = load("");

	(void)state;
	assert_int_equal(config_load(NULL, &manual, NULL), 0);
	assert_true(same(manual, nothing));
	assert_false(manual->enforce);
	assert_true(manual->rules.count > 0);
	config_free(manual);
	config_free(nothing);
}

static const struct config_item *find_item(const struct config_items *items, const struct config_key *key)
{
	for (size_t i = 0; i < config_items_count(items); i++) {
		const struct config_item *item = config_items_at(items, i);

		if (item->key && !strcmp(item->section, key->section) && !strcmp(item->key, key->key))
			return item;
	}
	return NULL;
}

static void every_setting_is_in_the_manual_with_its_default(void **state)
{
	struct config_grammar *grammar;
	struct config_items *items;
	size_t rows;

	(void)state;
	assert_int_equal(config_grammar_new(false, &grammar, &rows), 0);
	assert_int_equal(config_items_new(&items, "gatepost.conf", rules_gatepost_conf, grammar, rows, NULL), 0);
	for (const struct config_key *key = config_keys; key->key; key++) {
		const struct config_item *item = find_item(items, key);

		if (!item)
			fail_msg("'%s' of section '%s' is not in the manual", key->key, key->section);
		if (strcmp(item->value, key->fallback))
			fail_msg("'%s' is %s in the manual, %s in the program", key->key, item->value, key->fallback);
	}
	config_items_free(items);
	free(grammar);
}

static void every_setting_of_a_rule_is_explained(void **state)
{
	static const char *const others[] = {"per", "services"};
	char line[64];

	(void)state;
	for (const struct config_key *key = config_rule_keys; key->key; key++) {
		snprintf(line, sizeof(line), "\n#   %s ", key->key);
		if (!strstr(rules_default_rules, line))
			fail_msg("'%s' is not explained in default.rules", key->key);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(line, sizeof(line), "\n#   %s ", others[i]);
		assert_non_null(strstr(rules_default_rules, line));
	}
	for (enum count count = COUNT_CONNECTIONS; count <= COUNT_SOURCES; count++)
		assert_non_null(strstr(rules_default_rules, count_text(count)));
}

static void every_fallback_is_a_value_that_prints_as_it_is_written(void **state)
{
	struct config_draft *draft = calloc(1, sizeof(*draft));
	char text[CONFIG_VALUE_BYTES];

	(void)state;
	for (const struct config_key *key = config_keys; key->key; key++) {
		struct sentence sentence = sentence_start(text, sizeof(text));

		if (key->kind->parse(key, key->fallback, (char *)draft + key->offset))
			fail_msg("'%s' cannot be %s", key->key, key->fallback);
		key->kind->print(key, (char *)draft + key->offset, &sentence);
		assert_string_equal(text, key->fallback);
	}
	free(draft);
}

/* The words of the tables are those of the core, in its order. */
static void words_stand_for_the_values_of_the_core(void **state)
{
	(void)state;
	for (const struct config_key *key = config_rule_keys; key->key; key++) {
		for (int i = 0; !strcmp(key->key, "count") && key->words[i]; i++)
			assert_string_equal(key->words[i], count_text((enum count)i));
		for (int i = 0; !strcmp(key->key, "action") && key->words[i]; i++)
			assert_string_equal(key->words[i], action_text((enum action)i));
	}
}

static void the_shipped_rules_are_safe_for_shared_addresses(void **state)
{
	struct settings *settings = load("");

	(void)state;
	for (uint32_t i = 0; i < settings->rules.count; i++) {
		const struct rule *rule = &settings->rules.rule[i];

		if (rule->action != ACTION_BAN)
			continue;
		/* a ban never falls on a place where people logged in this week, nor on a whole IPv4 network */
		if (rule->unless_success_ns < 7 * NS_PER_DAY || (rule->per == PER_PREFIX && rule->v4_bits < 32))
			fail_msg("rule '%s'", rule->name);
		/* who is unsure of a name or a password has three tries; more where there is time to think */
		if (rule->per == PER_SOURCE && rule->threshold < (rule->window_ns <= 10 * NS_PER_MINUTE ? 4 : 5))
			fail_msg("rule '%s'", rule->name);
	}
	config_free(settings);
}

/* strict.rules has the rules of default.rules, in that order, and none of them later: whoever changes one sees here
 * that there is the other. */
static void the_strict_rules_are_the_default_ones_and_earlier(void **state)
{
	struct settings *settings = load(""), *strict;
	struct fault fault;
	unsigned earlier = 0;

	(void)state;
	assert_int_equal(config_load("rules/strict.rules", &strict, &fault), 0);
	assert_int_equal(strict->rules.count, settings->rules.count);
	for (uint32_t i = 0; i < strict->rules.count; i++) {
		const struct rule *rule = &strict->rules.rule[i], *known = &settings->rules.rule[i];

		assert_string_equal(rule->name, known->name);
		if (rule->threshold > known->threshold || rule->window_ns < known->window_ns)
			fail_msg("rule '%s' is later", rule->name);
		if (rule->count != known->count || rule->per != known->per || rule->action != known->action ||
		    rule->shadow != known->shadow || rule->unless_success_ns != known->unless_success_ns)
			fail_msg("rule '%s' is another one", rule->name);
		earlier += rule->threshold < known->threshold;
	}
	assert_in_range(earlier, 5, strict->rules.count);
	config_free(strict);
	config_free(settings);
}

/* ---- written and read again -------------------------------------------------------------------------------------- */

static void what_is_printed_reads_back_the_same(void **state)
{
	static const char *const texts[] = {
		"",
		rules_gatepost_conf,
		"rules_file = \"\" allow_file = \"\"",
		"role = tap mode = enforce one_way = yes fragments = pass user = \"\" memory_max = 2GiB\n"
		"interface \"wan0\" { attach = generic } interface eth1.100 { }\n"
		"service \"imap\" { ports = {143, 1143} servers = {\"192.0.2.77/26\", \"2001:db8::/25\", 198.51.100.1} }\n"
		"service \"pop3\" { }\n"
		"limit { source = off judged = \"6/m burst 3\" judged_prefix = \"3/m burst 2\" retry = \"0.5/s burst 2\" prefix_lengths = \"/20,/40\" }\n"
		"credit { repeat = no per_success = 0 } guardrail { successful_share = off bans_per_minute = 0 }\n"
		"allow = {\"192.0.2.5\", \"2001:db8::/40\", \"192.0.2.5\"}\n" A_RULE
		" services = {imap, pop3s} shadow = yes }\n"
		"rule s { count = sources threshold = 2 window = 1h30m per = account action = alert }\n"
		"rule t { count = accounts threshold = 9 window = 500s per = \"/24,/48\" action = limit for = 2d }\n"
		"rule d { count = failures threshold = 9 window = 1m per = source despite_credit = yes action = limit for = 2d }\n"
		"rule u { count = handshakes threshold = 9 window = 1m per = ja3 action = alert }\n"
		"rule v { count = accounts threshold = 9 window = 1m per = ja4 action = alert }\n",
		"state_dir = 'a \"quoted\" path' pin_dir = \"it's //here\"",
		"profiles_dir = \"\" learn_servers = no tables { servers = 16 }",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct settings *first = load(texts[i]);
		char *printed = print(first);
		struct settings *second = load(printed);

		if (!same(first, second))
			fail_msg("%s", printed);
		config_free(first);
		config_free(second);
		free(printed);
	}
}

static void values_arrive_where_they_belong(void **state)
{
	struct settings *settings =
		load("mode = enforce limit { judged = \"6/m burst 3\" samples = \"0.5/s burst 2\" }\n"
		     "service \"imap\" { ports = {143, 1143} servers = {\"192.0.2.77/26\"} }\n"
		     "profiles_dir = /srv/profiles learn_servers = no tables { servers = 4096 }\n"
		     "memory_max = 2GiB guardrail { successful_share = 0.25% }\n" A_RULE "\n"
		     "services = {imap, pop3s} at_most = 2h unless_success = 90m }");
	const struct rule *rule = &settings->rules.rule[0];

	(void)state;
	assert_true(settings->enforce);
	assert_int_equal(settings->judged.per_second_milli, 100);
	assert_int_equal(settings->judged.burst, 3);
	assert_int_equal(settings->samples.per_second_milli, 500);
	assert_int_equal(settings->servers, 2);
	assert_int_equal(settings->server[1].port, 1143);
	assert_int_equal(settings->server[1].bits, 96 + 26);
	assert_int_equal(settings->server[1].address.byte[15], 64);
	assert_int_equal(settings->memory_max_bytes, 2ULL << 30);
	assert_int_equal(settings->judge.guardrail.successful_share_ppm, 2500);
	assert_string_equal(settings->profiles_dir, "/srv/profiles");
	assert_false(settings->learn_servers);
	assert_int_equal(settings->servers_max, 4096);
	assert_int_equal(settings->rules.count, 1); /* who writes rules gets those and no others */
	assert_int_equal(rule->services, 1u << GP_SERVICE_IMAP | 1u << GP_SERVICE_POP3S);
	assert_int_equal(rule->at_most_ns, 2 * NS_PER_HOUR);
	assert_int_equal(rule->unless_success_ns, 90 * NS_PER_MINUTE);
	config_free(settings);
}

static void what_a_rule_leaves_out_is_sensible(void **state)
{
	struct settings *settings = load(A_RULE " } rule a { count = failures threshold = 1 window = 10m per = service "
						"action = alert }");

	(void)state;
	assert_int_equal(settings->rules.rule[0].at_most_ns, NS_PER_HOUR);
	assert_int_equal(settings->rules.rule[0].services, 0);
	assert_int_equal(settings->rules.rule[0].unless_success_ns, 0);
	assert_int_equal(settings->rules.rule[1].for_ns, 10 * NS_PER_MINUTE);
	config_free(settings);
}

static void a_fingerprint_is_a_ja3(void **state)
{
	static const struct {
		const char *word;
		enum per per;
	} rows[] = {{"ja3", PER_JA3}, {"ja4", PER_JA4}, {"fingerprint", PER_JA3}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[128];
		struct settings *settings;

		snprintf(text, sizeof(text),
			 "rule r { count = failures threshold = 9 window = 1m per = %s action = alert }", rows[i].word);
		settings = load(text);
		assert_int_equal(settings->rules.rule[0].per, rows[i].per);
		config_free(settings);
	}
}

/* ---- complaints -------------------------------------------------------------------------------------------------- */

static void complaints_name_the_line_and_what_was_expected(void **state)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{"flow_idle = 10", "t.conf:1: 'flow_idle' wants a time such as 10m or 1h30m, from 10s to 1d, got '10'"},
		{"\n\nflow_idle = 10apples", "t.conf:3: 'flow_idle' wants a time"},
		{"flow_idle = 2d", "from 10s to 1d, got '2d'"},
		{"# a\n# b\nmood = observe", "t.conf:3: unknown setting 'mood', did you mean 'mode'?"},
		{"limit {\n suorce = off }", "t.conf:2: unknown setting 'suorce' in 'limit', did you mean 'source'?"},
		{"xyzzy = 1", "unknown setting 'xyzzy'"},
		{"mode = on", "'mode' wants observe or enforce, got 'on'"},
		{"role = router", "'role' wants gateway, host or tap, got 'router'"},
		{"mode = observe\nmode = enforce", "t.conf:2: 'mode' is set twice, first in line 1"},
		{"limit { source = 20 }", "a rate such as 20/s burst 50"},
		{"limit { source = \"20/s\" }", "a rate such as"},
		{"limit { source = \"0/s burst 5\" }", "a rate such as"},
		{"limit { source = \"1/s burst 5000\" }", "refilled within 71m"},
		{"limit { source = \"1000001/s burst 5\" }", "at most 1000000/s"},
		{"limit { judged = off }", "a rate such as"},
		{"limit { judged_prefix = off }", "a rate such as"},
		{"limit { prefix_lengths = \"/33,/48\" }", "two prefix lengths"},
		{"tables { bans = 1 }", "a whole number from 16 to"},
		{"tables { bans = 0x100 }", "a whole number"},
		{"tables { bans = -5 }", "a whole number"},
		{"tables { servers = 15 }", "'servers' wants a whole number from 16 to 1048576, got '15'"},
		{"tables { servers = 1048577 }", "a whole number from 16 to 1048576"},
		{"tables { servers = 1048576 } memory_max = 900MiB", "more than 'memory_max' of 900 MiB"},
		{"tables { flows = 1048576 }", "more than 'memory_max' of"},
		{"learn_servers = maybe", "'learn_servers' wants no or yes, got 'maybe'"},
		{"profile_dir = x", "unknown setting 'profile_dir', did you mean 'profiles_dir'?"},
		{"memory_max = 512", "a size such as 512MiB"},
		{"memory_max = 16MiB", "more than 'memory_max' of 16 MiB"},
		{"guardrail { successful_share = 5 }", "a share such as 0.5%"},
		{"guardrail { successful_share = 101% }", "a share such as"},
		{"service smtp { }", "a service is imap, imaps"},
		{"service submission { ports = {25} }", "port 25 carries mail between servers"},
		{"service imap { ports = {0} }", "'ports' wants numbers from 1 to 65535, got '0'"},
		{"service imap { ports = {143} } service pop3 { ports = {143} }", "port 143 is imap already"},
		{"service imap { servers = {example} }", "'servers' wants addresses or prefixes"},
		{"service imap { servers = {\"192.0.2.0/33\"} }", "'servers' wants addresses or prefixes"},
		{"interface \"a/b\" { }", "is not the name of an interface"},
		{"interface wan0 { attach = skb }", "'attach' wants native or generic, got 'skb'"},
		{"allow = {192.0.2.0/24, nonsense}", "got 'nonsense'"},
		{"\n" A_RULE "\n", "t.conf:2: this '{' is not closed"},
		{A_RULE " services = {imap }\n", "this '{' is not closed"},
		{"mode =", "premature end of file"},
		{A_RULE " threshhold = 3 }", "did you mean 'threshold'?"},
		{A_RULE "\nthreshold = 21 }", "t.conf:2: 'threshold' is set twice"},
		{"rule r { count = failures window = 10m per = source action = ban for = 1h }",
		 "rule 'r' wants 'threshold'"},
		{"rule r { count = failures threshold = 3 window = 10m per = source action = ban }", "wants 'for'"},
		{"rule r { count = connections threshold = 3 window = 10m per = source action = ban for = 1h }",
		 "can limit but never ban"},
		{"rule r { count = failures threshold = 3 window = 10m per = account action = ban for = 1h }",
		 "want alert or observe"},
		{"rule r { count = failures threshold = 3 window = 10m per = 24 action = ban for = 1h }",
		 "'per' wants"},
		{"rule r { count = failures threshold = 3 window = 10m per = \"/8,/16\" action = ban for = 1h }",
		 "wider than the guardrail"},
		{A_RULE " unless_success = 30d }", "'unless_success' looks back further"},
		{A_RULE " services = {smtp} }", "'services' wants imap"},
		{A_RULE " }\n" A_RULE " }", "duplicate title 'r'"},
		{"rule \"a b\" { count = failures threshold = 3 window = 10m per = source action = alert }", "name"},
		{"mode = ${HOME}", "unexpected '$'"},
		{"user = \"${HOME}\"", "unexpected '$'"},
		{"user = \"a\\n\"", "unexpected '\\'"},
		{"user = \"abc\nmode = enforce", "t.conf:1: a text in \" is not closed on its line"},
		{"limit|source = off", "unexpected '|'"},
		{"allow += {192.0.2.1}", "unexpected '+'"},
		{"mode = observe // no", "a comment begins with '#'"},
		{"include(\"/etc/passwd\")", "unexpected '('"},
		{"user = \xff", "character 0xff"},
		{"rules_file = other.rules", "cannot name other files"},
		{"allow_file = /etc/passwd", "cannot name other files"},
		{"}", "unexpected closing brace"},
		{"mode observe", "missing equal sign"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refuse(rows[i].text, rows[i].expected);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

struct folder {
	char path[64];
};

static void write_file(const struct folder *folder, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder->path, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int make_folder(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	strcpy(folder->path, "/tmp/gatepost-test-XXXXXX");
	*state = folder;
	return mkdtemp(folder->path) ? 0 : -1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = {"gatepost.conf", "my.rules", "my.prefixes"};
	struct folder *folder = *state;
	char path[128];

	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder->path, names[i]);
		unlink(path);
	}
	rmdir(folder->path);
	free(folder);
	return 0;
}

static int load_file(const struct folder *folder, struct settings **ret_settings, char *words, size_t size)
{
	struct fault fault = {.text = ""};
	char path[128];
	int result;

	snprintf(path, sizeof(path), "%s/gatepost.conf", folder->path);
	result = config_load(path, ret_settings, &fault);
	fault_text(&fault, words, size);
	return result;
}

static void files_are_found_beside_the_one_that_names_them(void **state)
{
	const struct folder *folder = *state;
	struct settings *settings;
	char words[600];

	write_file(folder, "gatepost.conf", "rules_file = my.rules allow_file = my.prefixes allow = {192.0.2.1}");
	write_file(folder, "my.rules", "# mine\n" A_RULE " }\n");
	write_file(folder, "my.prefixes", "# mine\n\n 198.51.100.0/24   # office\n2001:db8::/48\r\n192.0.2.1");
	if (load_file(folder, &settings, words, sizeof(words)))
		fail_msg("%s", words);
	assert_int_equal(settings->rules.count, 1);
	assert_int_equal(settings->allowed, 3);
	config_free(settings);
}

static void faults_name_the_file_they_are_in(void **state)
{
	const struct folder *folder = *state;
	struct settings *settings;
	char words[600];

	write_file(folder, "gatepost.conf", "rules_file = my.rules allow_file = my.prefixes");
	write_file(folder, "my.rules", "\nmode = enforce\n");
	assert_int_equal(load_file(folder, &settings, words, sizeof(words)), -EINVAL);
	assert_non_null(strstr(words, "/my.rules:2: unknown setting 'mode'"));
	write_file(folder, "my.rules", "");
	write_file(folder, "my.prefixes", "192.0.2.1\n192.0.2.2 192.0.2.3\n");
	assert_int_equal(load_file(folder, &settings, words, sizeof(words)), -EINVAL);
	assert_non_null(strstr(words, "/my.prefixes:2: one prefix a line"));
	write_file(folder, "my.prefixes", "192.0.2.300\n");
	assert_int_equal(load_file(folder, &settings, words, sizeof(words)), -EINVAL);
	assert_non_null(strstr(words, "/my.prefixes:1: an allow entry wants"));
}

static void a_file_that_is_named_must_be_there(void **state)
{
	const struct folder *folder = *state;
	struct settings *settings;
	char words[600];

	assert_int_equal(load_file(folder, &settings, words, sizeof(words)), -ENOENT);
	assert_non_null(strstr(words, "gatepost.conf: cannot be opened"));
	write_file(folder, "gatepost.conf", "rules_file = my.rules");
	assert_int_equal(load_file(folder, &settings, words, sizeof(words)), -ENOENT);
	assert_non_null(strstr(words, "my.rules: cannot be opened"));
}

static void a_file_that_names_none_gets_the_shipped_rules(void **state)
{
	const struct folder *folder = *state;
	struct settings *settings, *shipped = load("");
	char words[600];

	write_file(folder, "gatepost.conf", "mode = enforce");
	assert_int_equal(load_file(folder, &settings, words, sizeof(words)), 0);
	assert_int_equal(settings->rules.count, shipped->rules.count);
	config_free(settings);
	config_free(shipped);
}

/* ---- fleet ------------------------------------------------------------------------------------------------------- */

#define A_KEY "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"

static void a_fleet_arrives_where_it_belongs(void **state)
{
	struct settings *settings =
		load("fleet { share = yes node = edge1 redis = \"[2001:db8::1]:6380\" sentinel_master = m\n"
		     "sentinels = {192.0.2.1:26379, 192.0.2.2:26379} longest = 7d rate = \"5/s burst 10\" }\n"
		     "peer \"edge2\" { key = " A_KEY " }");

	(void)state;
	assert_true(settings->fleet.share);
	assert_string_equal(settings->fleet.redis.host, "2001:db8::1");
	assert_int_equal(settings->fleet.redis.port, 6380);
	assert_int_equal(settings->fleet.sentinels, 2);
	assert_int_equal(settings->fleet.sentinel[1].port, 26379);
	assert_int_equal(settings->fleet.longest_ns, 7 * NS_PER_DAY);
	assert_int_equal(settings->fleet.rate_milli, 5000);
	assert_int_equal(settings->fleet.rate_burst, 10);
	assert_int_equal(settings->fleet.peers, 1);
	assert_string_equal(settings->fleet.peer[0].name, "edge2");
	assert_int_equal(settings->fleet.peer[0].key[0], 0x3d);
	assert_int_equal(settings->fleet.peer[0].key[31], 0x0c);
	config_free(settings);
}

static void a_rule_may_count_over_the_fleet_what_is_distinct(void **state)
{
	struct settings *settings = load("rule \"spray\" { count = accounts threshold = 6 window = 1h per = source "
					 "action = limit for = 1h fleet = yes }");
	char text[512];

	(void)state;
	assert_true(settings->rules.rule[0].fleet);
	assert_non_null(strstr(rule_text(&settings->rules.rule[0], text, sizeof(text)), "when 6 fleet accounts in 1h"));
	config_free(settings);
	refuse(A_RULE " fleet = yes }", "over the fleet only accounts and sources are counted, not failures");
}

static void a_fleet_that_cannot_be_is_refused_with_its_reason(void **state)
{
	static const char *const row[][2] = {
		{"fleet { redis = redis.example }", "t.conf:1: 'redis' wants 192.0.2.1:6379"},
		{"fleet { redis = 192.0.2.1:0 }", "'redis' wants"},
		{"fleet { redis = 192.0.2.1:65536 }", "'redis' wants"},
		{"fleet {\nsentinels = {nobody} }", "t.conf:2: 'sentinels' wants addresses"},
		{"fleet { share = yes }", "'node' wants the name of this node"},
		{"fleet { share = yes node = \"a b\" }", "'node' wants the name of this node"},
		{"fleet { share = yes node = a sentinel_master = m }", "belong together"},
		{"fleet { share = yes node = a user = u }", "'user' wants a 'password_file'"},
		{"fleet { share = yes node = a name = \"x}\" }", "'name' wants letters"},
		{"fleet { share = yes node = a }\npeer \"a\" { key = " A_KEY " }", "is this node itself"},
		{"fleet { share = yes node = a }\npeer \"b\" { key = " A_KEY " }\npeer \"c\" { key = " A_KEY " }",
		 "have the same key"},
		{"\npeer \"b\" { key = 1234 }", "t.conf:2: 'key' wants 64 digits"},
		{"peer \"b\" { }", "t.conf:1: peer \"b\" wants its key"},
		{"peer \"b:c\" { key = " A_KEY " }", "is no name of a node"},
		{"fleet { longest = 30 }", "'longest' wants a time"},
		{"fleet { shared = yes }", "did you mean 'share'?"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		refuse(row[i][0], row[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manual_is_what_the_program_does_without_it),
		cmocka_unit_test(every_setting_is_in_the_manual_with_its_default),
		cmocka_unit_test(every_setting_of_a_rule_is_explained),
		cmocka_unit_test(every_fallback_is_a_value_that_prints_as_it_is_written),
		cmocka_unit_test(words_stand_for_the_values_of_the_core),
		cmocka_unit_test(the_shipped_rules_are_safe_for_shared_addresses),
		cmocka_unit_test(the_strict_rules_are_the_default_ones_and_earlier),
		cmocka_unit_test(what_is_printed_reads_back_the_same),
		cmocka_unit_test(values_arrive_where_they_belong),
		cmocka_unit_test(what_a_rule_leaves_out_is_sensible),
		cmocka_unit_test(a_fingerprint_is_a_ja3),
		cmocka_unit_test(a_fleet_arrives_where_it_belongs),
		cmocka_unit_test(a_rule_may_count_over_the_fleet_what_is_distinct),
		cmocka_unit_test(a_fleet_that_cannot_be_is_refused_with_its_reason),
		cmocka_unit_test(complaints_name_the_line_and_what_was_expected),
		cmocka_unit_test_setup_teardown(files_are_found_beside_the_one_that_names_them, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(faults_name_the_file_they_are_in, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(a_file_that_is_named_must_be_there, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(a_file_that_names_none_gets_the_shipped_rules, make_folder,
						remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
