/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/synth/later.h"

#include <errno.h>
#include <stdlib.h>

#define ROOM_FIRST 64

static int grow(struct later *later)
{
	const uint32_t room = later->room ? 2 * later->room : ROOM_FIRST;
	struct later_entry *grown = reallocarray(later->entry, room, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	later->entry = grown;
	later->room = room;
	return 0;
}

int later_put(struct later *later, const struct later_entry *entry)
{
	uint32_t at;

	if (later->count == later->room && grow(later))
		return -ENOMEM;
	for (at = later->count++; at && later->entry[(at - 1) / 2].due_ns > entry->due_ns; at = (at - 1) / 2)
		later->entry[at] = later->entry[(at - 1) / 2];
	later->entry[at] = *entry;
	return 0;
}

struct later_entry later_take(struct later *later)
{
	const struct later_entry first = later->entry[0];
	const struct later_entry last = later->entry[--later->count];
	uint32_t at = 0;

	for (uint32_t child = 1; child < later->count; child = 2 * at + 1) {
		if (child + 1 < later->count && later->entry[child + 1].due_ns < later->entry[child].due_ns)
			child++;
		if (later->entry[child].due_ns >= last.due_ns)
			break;
		later->entry[at] = later->entry[child];
		at = child;
	}
	later->entry[at] = last;
	return first;
}

void later_free(struct later *later)
{
	free(later->entry);
	*later = (struct later){.count = 0};
}
