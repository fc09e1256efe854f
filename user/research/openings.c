/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/research/openings.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>

struct opened {
	uint64_t link;
	struct standing standing;
};

static int compare(const void *a, const void *b)
{
	const struct opened *one = a, *two = b;

	return (one->link > two->link) - (one->link < two->link);
}

static struct opened *find(const struct openings *openings, uint64_t link)
{
	const struct opened key = {.link = link};
	struct opened *const *found = tfind(&key, &openings->tree, compare);

	return found ? *found : NULL;
}

static struct opened *make(struct openings *openings, uint64_t link)
{
	struct opened *opened = calloc(1, sizeof(*opened));

	if (!opened)
		return NULL;
	opened->link = link;
	if (tsearch(opened, &openings->tree, compare))
		return opened;
	free(opened);
	return NULL;
}

static void close_one(struct openings *openings, struct opened *opened, uint64_t now_ns)
{
	judge_closed(openings->judge, &opened->standing, now_ns);
	tdelete(opened, &openings->tree, compare);
	free(opened);
}

int openings_hear(struct openings *openings, const struct record_entry *entry)
{
	struct opened *opened = find(openings, entry->link);

	if (entry->what == HEARD_OPENED) {
		if (!opened)
			opened = make(openings, entry->link);
		if (!opened)
			return -ENOMEM;
		judge_opened(openings->judge, &opened->standing, entry->source, (enum gp_service)entry->service,
			     entry->time_ns);
	} else if (opened && entry->what == HEARD_SETTLED) {
		judge_settled(openings->judge, &opened->standing, entry->time_ns);
	} else if (opened) {
		close_one(openings, opened, entry->time_ns);
	}
	return 0;
}

void openings_free(struct openings *openings)
{
	tdestroy(openings->tree, free);
	openings->tree = NULL;
}
