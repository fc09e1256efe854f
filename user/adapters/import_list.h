/* SPDX-License-Identifier: BSD-2-Clause */
/* A list of prefixes as others publish them: plain lines with comments ("192.0.2.0/24 ; SBL1"), or the JSON lines of
 * Spamhaus DROP ({"cidr":"192.0.2.0/24","sblid":"SBL1"}), whose last line is about the list itself. */
#ifndef GATEPOST_IMPORT_LIST_H
#define GATEPOST_IMPORT_LIST_H

#include <stddef.h>

#include "user/core/addr.h"
#include "user/core/fault.h"

#define IMPORT_MAX 1000000

struct import_list {
	struct prefix *prefix; /* sorted, each once */
	size_t count, room;
};

/* All or nothing. `path` "-": standard input. -EINVAL with file and line, -ENOMEM, or as open(2). */
int import_list_read(struct import_list *list, const char *path, struct fault *fault);
/* One line; for tests and fuzzing. 1: a prefix, 0: nothing in it; -EINVAL */
int import_line(const char *line, struct prefix *ret_prefix);
int import_list_has(const struct import_list *list, const struct prefix *prefix);
void import_list_free(struct import_list *list);

#endif
