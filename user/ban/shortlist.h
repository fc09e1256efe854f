/* SPDX-License-Identifier: BSD-2-Clause */
/* The one writer of the kernel half's short list (bpf/gatepost.h): the IPv4 bans of the table once more, two bytes
 * each. What it cannot hold (a bucket is full, the ban is not a drop) is counted, and the bucket says that there is
 * more.
 *
 * Order: a ban is in the table before it is told here, and forgotten here before it leaves the table. While a bucket
 * changes its head says that there is more, so that a ban is never missing. */
#ifndef GATEPOST_SHORTLIST_H
#define GATEPOST_SHORTLIST_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/gatepost.h"
#include "user/core/addr.h"

struct shortlist;

/* When does the ban of a source end, in seconds of the kernel half's clock; 0: there is none. */
typedef uint32_t (*shortlist_until_fn)(const void *context, uint64_t source);

/* `bucket` (GP_SHORT_BUCKETS, shared with the datapath) outlives the list; what is in it stays until
 * shortlist_rewrite(). -ENOMEM */
int shortlist_new(struct shortlist **ret_list, struct gp_short_bucket *bucket, const uint64_t seed[2]);
void shortlist_free(struct shortlist *list);

/* Sources that are not IPv4 are nothing to it. */
void shortlist_add(struct shortlist *list, uint64_t source, enum gp_action action, uint32_t until_s);
void shortlist_remove(struct shortlist *list, uint64_t source); /* that was added */
/* Of a source that was added. */
void shortlist_change(struct shortlist *list, uint64_t source, enum gp_action action, uint32_t until_s);
/* A prefix is listed, or not any more. */
void shortlist_near(struct shortlist *list, const struct prefix *prefix, bool listed);

/* The next `buckets` from *cursor on (wraps): a head whose time is near is set to when the first of its bans ends. */
void shortlist_sweep(struct shortlist *list, uint32_t *cursor, uint32_t buckets, uint32_t now_s,
		     shortlist_until_fn until, const void *context);

/* Tables that were taken over: from shortlist_rewrite() to shortlist_rewritten() all that is listed is added again, and
 * the datapath asks the table meanwhile. */
void shortlist_rewrite(struct shortlist *list);
void shortlist_rewritten(struct shortlist *list);

#endif
