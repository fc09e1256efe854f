/* SPDX-License-Identifier: BSD-2-Clause */
/* Prefixes that are never judged, each with the reason that somebody gave. A plain list: there are tens of them, and
 * it is only asked when a ban is decided; the datapath has its own trie. */
#ifndef GATEPOST_ALLOW_H
#define GATEPOST_ALLOW_H

#include "user/core/addr.h"

#define ALLOW_MAX 8192 /* what the configuration may hold, and as many again by hand */
#define ALLOW_COMMENT_BYTES 80

struct allowed {
	struct prefix prefix;
	char comment[ALLOW_COMMENT_BYTES];
};

struct allow_list {
	struct allowed *entry; /* NULL: empty */
	uint32_t count, room;
};

void allow_list_free(struct allow_list *list);
int allow_list_add(struct allow_list *list, const struct prefix *prefix, const char *comment); /* -EEXIST, -ENOSPC */
int allow_list_remove(struct allow_list *list, const struct prefix *prefix); /* -ENOENT */
const struct prefix *allow_list_next(const struct allow_list *list, uint32_t *cursor, const char **ret_comment);

#endif
