/* SPDX-License-Identifier: BSD-2-Clause */
/* What is still to be sent, first in, first out: names of our own claims, which the replica holds. */
#ifndef GATEPOST_OUTBOX_H
#define GATEPOST_OUTBOX_H

#include "user/fleet/entry.h"

struct outgoing {
	struct prefix target;
	enum entry_kind kind;
};

struct outbox {
	struct outgoing *item; /* a ring; grows as needed */
	uint32_t first, count, room;
};

int outbox_put(struct outbox *outbox, const struct outgoing *item); /* -ENOMEM */
bool outbox_take(struct outbox *outbox, struct outgoing *ret_item); /* false: empty */
void outbox_clear(struct outbox *outbox); /* frees */

#endif
