/* SPDX-License-Identifier: BSD-2-Clause */
/* The one writer of the kernel half's filter (bpf/lists.h): a bit for each neighbourhood in which something is listed,
 * one for each region of them, and here how many things a bit stands for, so that it goes when the last of them does.
 * Whoever lists something adds it first and takes it back last: a bit too many costs time, a bit too few would be a ban
 * that is not in force.
 *
 * 16 MiB of counts, of which only those pages are taken that are used. */
#ifndef GATEPOST_FILTER_H
#define GATEPOST_FILTER_H

#include "bpf/gatepost.h"
#include "user/core/addr.h"

struct filter;

/* `word` (GP_FILTER_WORDS) and `region` (GP_REGION_WORDS), shared with the datapath, outlive the filter; what is set in
 * them stays until filter_tidy(). -ENOMEM */
int filter_new(struct filter **ret_filter, uint64_t *word, uint64_t *region, const uint64_t seed[2]);
void filter_free(struct filter *filter);
void filter_add(struct filter *filter, const struct prefix *target);
void filter_remove(struct filter *filter, const struct prefix *target); /* that was added */
/* Is there a prefix so wide that no bits stand for it? Then everything is to be looked up. */
bool filter_is_wide(const struct filter *filter);
/* After all that is listed was added: takes back the bits that stand for nothing (of tables that were taken over). */
void filter_tidy(struct filter *filter);

#endif
