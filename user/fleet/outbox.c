/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/fleet/outbox.h"

#include <errno.h>
#include <stdlib.h>

static int grow(struct outbox *outbox)
{
	const uint32_t room = outbox->room ? 2 * outbox->room : 64;
	struct outgoing *item = malloc(room * sizeof(*item));

	if (!item)
		return -ENOMEM;
	for (uint32_t i = 0; i < outbox->count; i++)
		item[i] = outbox->item[(outbox->first + i) % outbox->room];
	free(outbox->item);
	outbox->item = item;
	outbox->first = 0;
	outbox->room = room;
	return 0;
}

int outbox_put(struct outbox *outbox, const struct outgoing *item)
{
	const int error = outbox->count == outbox->room ? grow(outbox) : 0;

	if (!error)
		outbox->item[(outbox->first + outbox->count++) % outbox->room] = *item;
	return error;
}

bool outbox_take(struct outbox *outbox, struct outgoing *ret_item)
{
	if (!outbox->count)
		return false;
	*ret_item = outbox->item[outbox->first];
	outbox->first = (outbox->first + 1) % outbox->room;
	outbox->count--;
	return true;
}

void outbox_clear(struct outbox *outbox)
{
	free(outbox->item);
	*outbox = (struct outbox){0};
}
