/* SPDX-License-Identifier: BSD-2-Clause */
/* A list in the order of its making. */
#include "user/ban/allow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void allow_list_free(struct allow_list *list)
{
	free(list->entry);
	*list = (struct allow_list){0};
}

static uint32_t place_of(const struct allow_list *list, const struct prefix *prefix)
{
	uint32_t at = 0;

	while (at < list->count && !prefix_equal(&list->entry[at].prefix, prefix))
		at++;
	return at;
}

static int make_room(struct allow_list *list)
{
	const uint32_t room = list->room ? 2 * list->room : 16;
	struct allowed *entry;

	if (list->count < list->room)
		return 0;
	if (list->count >= ALLOW_MAX)
		return -ENOSPC;
	entry = realloc(list->entry, room * sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	list->entry = entry;
	list->room = room;
	return 0;
}

int allow_list_add(struct allow_list *list, const struct prefix *prefix, const char *comment)
{
	struct allowed *entry;
	int result;

	if (place_of(list, prefix) < list->count)
		return -EEXIST;
	result = make_room(list);
	if (result)
		return result;
	entry = &list->entry[list->count++];
	entry->prefix = *prefix;
	snprintf(entry->comment, sizeof(entry->comment), "%s", comment ? comment : "");
	return 0;
}

int allow_list_remove(struct allow_list *list, const struct prefix *prefix)
{
	const uint32_t at = place_of(list, prefix);

	if (at == list->count)
		return -ENOENT;
	list->count--;
	memmove(&list->entry[at], &list->entry[at + 1], (list->count - at) * sizeof(*list->entry));
	return 0;
}

const struct prefix *allow_list_next(const struct allow_list *list, uint32_t *cursor, const char **ret_comment)
{
	const struct allowed *entry;

	if (*cursor >= list->count)
		return NULL;
	entry = &list->entry[(*cursor)++];
	if (ret_comment)
		*ret_comment = entry->comment;
	return &entry->prefix;
}
