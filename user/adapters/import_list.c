/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/adapters/import_list.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int json_line(const char *line, struct prefix *ret_prefix)
{
	json_t *object = json_loads(line, 0, NULL);
	const char *cidr = json_string_value(json_object_get(object, "cidr"));
	int result = -EINVAL;

	if (cidr)
		result = prefix_parse(cidr, ret_prefix) ? -EINVAL : 1;
	else if (json_is_object(object))
		result = 0; /* {"type":"metadata",...} */
	json_decref(object);
	return result;
}

int import_line(const char *line, struct prefix *ret_prefix)
{
	char word[ADDR_TEXT_BYTES];
	size_t length;

	line += strspn(line, " \t\r\n");
	if (*line == '{')
		return json_line(line, ret_prefix);
	length = strcspn(line, " \t\r\n#;");
	if (!length)
		return !*line || *line == '#' || *line == ';' ? 0 : -EINVAL;
	if (length >= sizeof(word))
		return -EINVAL;
	memcpy(word, line, length);
	word[length] = '\0';
	line += length;
	line += strspn(line, " \t\r\n");
	if (*line && *line != '#' && *line != ';')
		return -EINVAL; /* one a line */
	return prefix_parse(word, ret_prefix) ? -EINVAL : 1;
}

static int compare(const void *a, const void *b)
{
	const struct prefix *left = a, *right = b;

	if (left->source != right->source)
		return left->source < right->source ? -1 : 1;
	return left->bits - right->bits;
}

static int add(struct import_list *list, const struct prefix *prefix)
{
	if (list->count == list->room) {
		const size_t room = list->room ? 2 * list->room : 1024;
		struct prefix *grown = list->count < IMPORT_MAX ? realloc(list->prefix, room * sizeof(*grown)) : NULL;

		if (!grown)
			return -ENOMEM;
		list->prefix = grown;
		list->room = room;
	}
	list->prefix[list->count++] = *prefix;
	return 0;
}

static void sort(struct import_list *list)
{
	size_t kept = 0;

	if (list->count)
		qsort(list->prefix, list->count, sizeof(*list->prefix), compare);
	for (size_t i = 0; i < list->count; i++)
		if (!kept || compare(&list->prefix[kept - 1], &list->prefix[i]))
			list->prefix[kept++] = list->prefix[i];
	list->count = kept;
}

static int read_lines(struct import_list *list, FILE *file, const char *path, struct fault *fault)
{
	unsigned int number = 0;
	struct prefix prefix;
	char *line = NULL;
	size_t size = 0;
	int result = 0;

	while (result >= 0 && getline(&line, &size, file) >= 0) {
		number++;
		result = import_line(line, &prefix);
		if (result == -EINVAL)
			fault_set_at(fault, EINVAL, path, number,
				     "an address or a prefix wanted, or a line of Spamhaus DROP, got '%.60s'", line);
		else if (result > 0 && add(list, &prefix))
			result = fault_set_at(fault, ENOMEM, path, number, "more than can be held");
	}
	free(line);
	return result < 0 ? result : 0;
}

int import_list_read(struct import_list *list, const char *path, struct fault *fault)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	int result;

	*list = (struct import_list){0};
	if (!file)
		return fault_set(fault, errno, "%s: %s", path, strerror(errno));
	result = read_lines(list, file, path, fault);
	if (file != stdin)
		fclose(file);
	if (result)
		import_list_free(list);
	else
		sort(list);
	return result;
}

int import_list_has(const struct import_list *list, const struct prefix *prefix)
{
	return list->count && bsearch(prefix, list->prefix, list->count, sizeof(*prefix), compare) != NULL;
}

void import_list_free(struct import_list *list)
{
	free(list->prefix);
	*list = (struct import_list){0};
}
