/* SPDX-License-Identifier: BSD-2-Clause */
/* gatepost.conf, the rules and the allow list, from files or from the copies compiled in. Everything is read into a
 * draft and checked as a whole; only a draft without a fault becomes settings. */
#include "user/config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/config_fleet.h"
#include "user/config/config_keys.h"
#include "user/config/config_rule.h"
#include "user/config/config_service.h"
#include "user/config/config_text.h"

/* The files of rules/, compiled in. */
extern const char rules_gatepost_conf[], rules_default_rules[], rules_allow_prefixes[];

#define BUILT_IN_RULES "default.rules"
#define BUILT_IN_ALLOW "allow.prefixes"

struct reading {
	struct config_draft *draft;
	const char *path; /* of the main file; NULL: there are no files, only what is compiled in */
	bool has_rules_file, has_allow_file; /* said, not fallen back to */
	struct fault *fault;
};

/* ---- sections ---------------------------------------------------------------------------------------------------- */

static size_t section_end(const struct config_items *items, size_t first)
{
	const char *section = config_items_at(items, first)->section;
	size_t end = first + 1;

	for (; end < config_items_count(items); end++) {
		const struct config_item *item = config_items_at(items, end);

		if (!item->key || strcmp(item->section, section))
			break;
	}
	return end;
}

static int read_allow(struct settings *settings, const char *name, unsigned int line, const char *text,
		      struct fault *fault)
{
	struct prefix prefix;

	if (prefix_parse(text, &prefix))
		return fault_set_at(fault, EINVAL, name, line,
				    "an allow entry wants an address or a prefix such as 192.0.2.0/24, got '%.64s'",
				    text);
	for (uint32_t i = 0; i < settings->allowed; i++)
		if (prefix_equal(&settings->allow[i], &prefix))
			return 0;
	if (settings->allowed == SETTINGS_ALLOWED_MAX)
		return fault_set_at(fault, EINVAL, name, line, "more than %d allow entries", SETTINGS_ALLOWED_MAX);
	settings->allow[settings->allowed++] = prefix;
	return 0;
}

static int read_item(struct reading *reading, const char *name, const struct config_item *item)
{
	if (!strcmp(item->key, "allow"))
		return item->value
			       ? read_allow(&reading->draft->settings, name, item->line, item->value, reading->fault)
			       : 0;
	if (!strcmp(item->key, "sentinels"))
		return config_sentinel_read(&reading->draft->settings.fleet, name, item, reading->fault);
	if (!strcmp(item->key, "rules_file"))
		reading->has_rules_file = true;
	if (!strcmp(item->key, "allow_file"))
		reading->has_allow_file = true;
	return config_set(config_keys, reading->draft, name, item, reading->fault);
}

/* A section with a title is read as a whole; the settings of all others are read one by one. */
static int read_items(struct reading *reading, const char *name, const struct config_items *items)
{
	struct settings *settings = &reading->draft->settings;
	size_t next;
	int result = 0;

	for (size_t i = 0; i < config_items_count(items) && !result; i = next) {
		const struct config_item *item = config_items_at(items, i);

		next = item->key || !item->title ? i + 1 : section_end(items, i);
		if (item->key)
			result = read_item(reading, name, item);
		else if (item->title && !strcmp(item->section, "rule"))
			result = config_rule_read(&settings->rules, name, items, i, next, reading->fault);
		else if (item->title && !strcmp(item->section, "service"))
			result = config_service_read(settings, name, items, i, next, reading->fault);
		else if (item->title && !strcmp(item->section, "peer"))
			result = config_peer_read(&settings->fleet, name, items, i, next, reading->fault);
		else if (item->title)
			result = config_interface_read(settings, name, items, i, next, reading->fault);
	}
	return result;
}

static int read_text(struct reading *reading, const char *name, const char *text, bool rules_only)
{
	struct config_grammar *grammar;
	struct config_items *items;
	size_t rows;
	int result;

	if (config_grammar_new(rules_only, &grammar, &rows))
		return fault_set_at(reading->fault, ENOMEM, name, 0, "no memory to read it");
	result = config_items_new(&items, name, text, grammar, rows, reading->fault);
	if (!result) {
		result = read_items(reading, name, items);
		config_items_free(items);
	}
	free(grammar);
	return result;
}

/* ---- the files that the main file names -------------------------------------------------------------------------- */

/* One prefix a line, the rest of it is comment. */
static int read_allow_lines(struct reading *reading, const char *name, char *text)
{
	unsigned int line = 0;
	char *rest = text, *row;
	int result = 0;

	while (!result && (row = strsep(&rest, "\n"))) {
		char *state = NULL;
		char *word = strtok_r(strsep(&row, "#"), " \t\r", &state);
		const char *more = word ? strtok_r(NULL, " \t\r", &state) : NULL;

		line++;
		if (more)
			result = fault_set_at(reading->fault, EINVAL, name, line,
					      "one prefix a line, then '#', got '%.64s'", more);
		else if (word)
			result = read_allow(&reading->draft->settings, name, line, word, reading->fault);
	}
	return result;
}

/* Relative to the main file. */
static int path_beside(const char *main_path, const char *path, char *ret_path, size_t size)
{
	const char *slash = strrchr(main_path, '/');
	const int directory = *path != '/' && slash ? (int)(slash - main_path + 1) : 0;
	const int length = snprintf(ret_path, size, "%.*s%s", directory, main_path, path);

	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

/* The text of a file that the main one names, or of its copy compiled in when nothing was said. *ret_name is what
 * stands in faults. The caller frees *ret_text. */
static int open_named(const struct reading *reading, const char *path, bool said, const char *built_in_name,
		      const char *built_in, char *ret_name, size_t size, char **ret_text)
{
	if (!said || (!reading->path && !strcmp(path, built_in_name))) {
		snprintf(ret_name, size, "built-in %s", built_in_name);
		*ret_text = strdup(built_in);
		return *ret_text ? 0 : fault_set(reading->fault, ENOMEM, "no memory to read the configuration");
	}
	if (!reading->path)
		return fault_set(reading->fault, EINVAL, "'%.64s': a text in memory cannot name other files", path);
	if (path_beside(reading->path, path, ret_name, size))
		return fault_set(reading->fault, ENAMETOOLONG, "'%.64s': the path is too long", path);
	return config_text_read(ret_name, ret_text, reading->fault);
}

static int read_rules_file(struct reading *reading)
{
	const struct config_draft *draft = reading->draft;
	/* who writes rules and names no file has said which rules there are */
	const bool said = reading->has_rules_file || draft->settings.rules.count;
	const char *path = reading->has_rules_file ? draft->rules_file : "";
	char name[2 * SETTINGS_PATH_BYTES], *text;
	int result;

	if (said && !*path)
		return 0;
	result = open_named(reading, path, said, BUILT_IN_RULES, rules_default_rules, name, sizeof(name), &text);
	if (result)
		return result;
	result = read_text(reading, name, text, true);
	free(text);
	return result;
}

static int read_allow_file(struct reading *reading)
{
	const struct config_draft *draft = reading->draft;
	char name[2 * SETTINGS_PATH_BYTES], *text;
	int result;

	if (reading->has_allow_file && !draft->allow_file[0])
		return 0;
	result = open_named(reading, draft->allow_file, reading->has_allow_file, BUILT_IN_ALLOW, rules_allow_prefixes,
			    name, sizeof(name), &text);
	if (result)
		return result;
	result = read_allow_lines(reading, name, text);
	free(text);
	return result;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

/* What no single setting shows. */
static int check_whole(const struct settings *settings, const char *name, struct fault *fault)
{
	const uint64_t bytes = settings_memory_bytes(settings);
	struct judge *judge;
	struct judge_settings small = settings->judge;
	struct fault why = {.line = 0};

	/* the judge knows best what it refuses; with tables of next to no size it costs nothing to ask */
	small.sources_max = small.keys_max = small.open_max = 1;
	if (judge_new(&judge, &small, &settings->rules, NULL, NULL, &why))
		return fault_set_at(fault, EINVAL, name, 0, "%s", why.text);
	judge_free(judge);
	if (config_fleet_check(&settings->fleet, name, fault))
		return -EINVAL;
	if (bytes > settings->memory_max_bytes)
		return fault_set_at(fault, EINVAL, name, 0,
				    "the tables would take %llu MiB, more than 'memory_max' of %llu MiB; make them "
				    "smaller or allow more",
				    (unsigned long long)(bytes >> 20),
				    (unsigned long long)(settings->memory_max_bytes >> 20));
	return 0;
}

static int load(const char *name, const char *text, const char *path, struct settings **ret_settings,
		struct fault *fault)
{
	struct config_draft *draft = calloc(1, sizeof(*draft));
	struct reading reading = {.draft = draft, .path = path, .fault = fault};
	struct settings *settings = malloc(sizeof(*settings));
	int result = draft && settings ? 0 : fault_set(fault, ENOMEM, "no memory to read the configuration");

	if (!result) {
		config_fall_back(config_keys, draft);
		result = read_text(&reading, name, text, false);
	}
	if (!result && !draft->settings.servers)
		config_services_fall_back(&draft->settings);
	if (!result)
		result = read_rules_file(&reading);
	if (!result)
		result = read_allow_file(&reading);
	draft->settings.judge.open_max =
		draft->settings.flows_max; /* the flows that are followed are those that stand */
	if (!result)
		result = check_whole(&draft->settings, name, fault);
	if (!result) {
		*settings = draft->settings;
		*ret_settings = settings;
	} else {
		free(settings);
	}
	free(draft);
	return result;
}

int config_load(const char *path, struct settings **ret_settings, struct fault *fault)
{
	char *text;
	int result;

	if (!path)
		return load("built-in gatepost.conf", rules_gatepost_conf, NULL, ret_settings, fault);
	result = config_text_read(path, &text, fault);
	if (result)
		return result;
	result = load(path, text, path, ret_settings, fault);
	free(text);
	return result;
}

int config_load_text(const char *name, const char *text, struct settings **ret_settings, struct fault *fault)
{
	return load(name, text, NULL, ret_settings, fault);
}

void config_free(struct settings *settings)
{
	free(settings);
}
