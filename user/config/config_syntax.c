/* SPDX-License-Identifier: BSD-2-Clause */
/* libconfuse 3.3, with everything read as text: numbers and units are ours to check, with the line at hand.
 *
 * Its callbacks carry no context and its values no line, and we keep no file-scope state. Both fit into the comment
 * fields that it has for annotations and frees itself: an option's comment holds the lines of its values, a
 * section's comment the first error met in it. */
#include "user/config/config_syntax.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/config_text.h"

#define ERROR_BYTES 256

struct config_items {
	cfg_t *tree; /* owns the texts */
	struct config_item *item;
	size_t count, room;
};

/* ---- the grammar as libconfuse wants it -------------------------------------------------------------------------- */

static void on_error(cfg_t *section, const char *format, va_list values)
{
	char text[ERROR_BYTES];
	int length;

	if (section->comment)
		return; /* the first error is the cause of the others */
	length = snprintf(text, sizeof(text), "%d ", section->line);
	vsnprintf(text + length, sizeof(text) - (size_t)length, format, values);
	section->comment = strdup(text);
}

/* Called once for each value, after the values of an earlier `key =` were dropped. */
static int on_value(cfg_t *section, cfg_opt_t *option, const char *value, void *result)
{
	char *lines = NULL;

	if (option->comment && option->nvalues <= 1) {
		cfg_error(section, "'%s' is set twice, first in line %s", option->name, option->comment);
		return -1;
	}
	if (asprintf(&lines, "%s%s%d", option->comment ? option->comment : "", option->comment ? " " : "",
		     section->line) < 0)
		return -1;
	free(option->comment);
	option->comment = lines;
	*(const char **)result = value;
	return 0;
}

static cfg_opt_t option_of(const struct config_grammar *row)
{
	const cfg_opt_t one = CFG_STR_CB(row->key, NULL, CFGF_NODEFAULT, on_value);
	const cfg_opt_t list = CFG_STR_LIST_CB(row->key, NULL, CFGF_NODEFAULT, on_value);

	return row->list ? list : one;
}

/* Rows of one section from `row` on: an array of its options, with the end that libconfuse wants. */
static cfg_opt_t *options_of(const struct config_grammar *row, size_t rows, size_t *ret_used)
{
	const cfg_opt_t end = CFG_END();
	cfg_opt_t *options = calloc(rows + 1, sizeof(*options));
	size_t used = 0;

	if (!options)
		return NULL;
	for (; used < rows && !strcmp(row[used].section, row->section); used++)
		options[used] = option_of(&row[used]);
	options[used] = end;
	*ret_used = used;
	return options;
}

static cfg_opt_t section_of(const struct config_grammar *row, cfg_opt_t *options)
{
	const cfg_opt_t section =
		CFG_SEC(row->section, options, row->titled ? CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES : CFGF_NONE);

	return section;
}

/* libconfuse copies the whole of it, so it is all released again. */
static cfg_t *tree_new(const struct config_grammar *grammar, size_t rows)
{
	const cfg_opt_t end = CFG_END();
	cfg_opt_t *root = calloc(rows + 1, sizeof(*root));
	cfg_t *tree = NULL;
	size_t count = 0, used = 0;
	bool whole = root != NULL;

	for (size_t i = 0; i < rows && whole; i += used) {
		cfg_opt_t *options;

		used = 1;
		if (!grammar[i].section[0]) {
			root[count++] = option_of(&grammar[i]);
			continue;
		}
		options = options_of(&grammar[i], rows - i, &used);
		whole = options != NULL;
		if (whole)
			root[count++] = section_of(&grammar[i], options);
	}
	if (whole) {
		root[count] = end;
		tree = cfg_init(root, CFGF_NONE);
	}
	for (size_t i = 0; i < count; i++)
		free(root[i].subopts);
	free(root);
	return tree;
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static const cfg_t *find_error(const cfg_t *section)
{
	if (section->comment)
		return section;
	for (const cfg_opt_t *option = section->opts; option->name; option++) {
		for (unsigned int i = 0; option->type == CFGT_SEC && i < option->nvalues; i++) {
			const cfg_t *found = find_error(option->values[i]->section);

			if (found)
				return found;
		}
	}
	return NULL;
}

/* Edit distance (Levenshtein), for short words; long ones are simply far. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[32];
	const size_t length = strlen(b);

	if (length >= sizeof(row) / sizeof(row[0]))
		return ~0u;
	for (unsigned int i = 0; i <= length; i++)
		row[i] = i;
	for (; *a; a++) {
		unsigned int diagonal = row[0]++;

		for (size_t i = 1; i <= length; i++) {
			const unsigned int change = diagonal + (*a != b[i - 1]);
			unsigned int least = row[i] < row[i - 1] ? row[i] + 1 : row[i - 1] + 1;

			diagonal = row[i];
			row[i] = change < least ? change : least;
		}
	}
	return row[length];
}

/* The setting that was probably meant; NULL: none is near. */
static const char *nearest(const cfg_t *section, const char *word)
{
	unsigned int best = strlen(word) < 4 ? 2 : 3; /* further than that is another word */
	const char *found = NULL;

	for (const cfg_opt_t *option = section->opts; option->name; option++) {
		const unsigned int far = distance(word, option->name);

		if (far < best) {
			best = far;
			found = option->name;
		}
	}
	return found;
}

static int fault_of_unknown(const cfg_t *section, const char *name, unsigned int line, const char *word,
			    struct fault *fault)
{
	const char *meant = nearest(section, word);
	char where[64] = "";

	if (strcmp(section->name, "root"))
		snprintf(where, sizeof(where), " in '%s'", section->name);
	if (meant)
		return fault_set_at(fault, EINVAL, name, line, "unknown setting '%s'%s, did you mean '%s'?", word,
				    where, meant);
	return fault_set_at(fault, EINVAL, name, line, "unknown setting '%s'%s", word, where);
}

static int fault_of(const cfg_t *tree, const char *name, struct fault *fault)
{
	static const char unknown[] = "no such option '";
	const cfg_t *section = find_error(tree);
	char text[ERROR_BYTES];
	char *words, *quote;
	unsigned int line;

	if (!section)
		return fault_set_at(fault, EINVAL, name, (unsigned int)tree->line, "cannot be read");
	snprintf(text, sizeof(text), "%s", section->comment);
	line = (unsigned int)strtoul(text, &words, 10);
	words++;
	quote = strrchr(text, '\'');
	if (strncmp(words, unknown, strlen(unknown)) || !quote)
		return fault_set_at(fault, EINVAL, name, line, "%s", words);
	*quote = '\0';
	return fault_of_unknown(section, name, line, words + strlen(unknown), fault);
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static int items_add(struct config_items *items, const struct config_item *item)
{
	if (items->count == items->room) {
		const size_t room = items->room ? 2 * items->room : 64;
		struct config_item *grown = realloc(items->item, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		items->item = grown;
		items->room = room;
	}
	items->item[items->count++] = *item;
	return 0;
}

static int items_add_option(struct config_items *items, const cfg_t *section, const cfg_opt_t *option)
{
	const char *lines = option->comment ? option->comment : "";
	struct config_item item = {.section = section->name, .title = section->title, .key = option->name};
	int result = 0;

	if (!strcmp(section->name, "root"))
		item.section = "";
	item.line = (unsigned int)section->line;
	if (!option->nvalues && option->flags & CFGF_LIST && option->flags & CFGF_MODIFIED)
		return items_add(items, &item);
	for (unsigned int i = 0; i < option->nvalues && !result; i++) {
		char *rest;

		item.line = (unsigned int)strtoul(lines, &rest, 10);
		lines = rest;
		item.value = option->values[i]->string;
		result = items_add(items, &item);
	}
	return result;
}

static int items_add_section(struct config_items *items, const cfg_t *section)
{
	const struct config_item begin = {
		.section = section->name, .title = section->title, .line = (unsigned int)section->line};
	int result = strcmp(section->name, "root") ? items_add(items, &begin) : 0;

	for (const cfg_opt_t *option = section->opts; option->name && !result; option++) {
		if (option->type != CFGT_SEC)
			result = items_add_option(items, section, option);
		for (unsigned int i = 0; option->type == CFGT_SEC && i < option->nvalues && !result; i++)
			result = items_add_section(items, option->values[i]->section);
	}
	return result;
}

static int items_read(struct config_items *items, const char *name, const char *text, struct fault *fault)
{
	cfg_set_error_function(items->tree, on_error);
	if (cfg_parse_buf(items->tree, text) != CFG_SUCCESS)
		return fault_of(items->tree, name, fault);
	if (items_add_section(items, items->tree))
		return fault_set_at(fault, ENOMEM, name, 0, "no memory to read it");
	return 0;
}

int config_items_new(struct config_items **ret_items, const char *name, const char *text,
		     const struct config_grammar *grammar, size_t rows, struct fault *fault)
{
	struct config_items *items = calloc(1, sizeof(*items));
	char *clean = strdup(text);
	int result;

	if (items && clean)
		items->tree = tree_new(grammar, rows);
	if (!items || !clean || !items->tree)
		result = fault_set_at(fault, ENOMEM, name, 0, "no memory to read it");
	else
		result = config_text_clean(name, clean, fault);
	if (!result)
		result = items_read(items, name, clean, fault);
	free(clean);
	if (result) {
		config_items_free(items);
		return result;
	}
	*ret_items = items;
	return 0;
}

void config_items_free(struct config_items *items)
{
	if (!items)
		return;
	if (items->tree)
		cfg_free(items->tree);
	free(items->item);
	free(items);
}

size_t config_items_count(const struct config_items *items)
{
	return items->count;
}

const struct config_item *config_items_at(const struct config_items *items, size_t index)
{
	return &items->item[index];
}
