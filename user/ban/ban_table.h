/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes the kernel half's table of exact bans: memory shared with the datapath, one writer (this process), no
 * system call. Layout and rules of reading: struct gp_ban_bucket in bpf/gatepost.h. */
#ifndef GATEPOST_BAN_TABLE_H
#define GATEPOST_BAN_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/gatepost.h"
#include "user/ban/filter.h"
#include "user/ban/shortlist.h"

struct ban_table {
	struct gp_ban_bucket *bucket; /* not owned */
	uint32_t buckets; /* more than GP_BAN_PROBES, or as many probes as buckets are made */
	uint64_t seed[2];
	struct filter *filter; /* not owned; knows of every entry. May be NULL */
	struct shortlist *shortlist; /* the same */
};

/* Add or change. The entry is complete before its source becomes visible. -ENOSPC: every way of every probe is
 * taken by a ban not yet expired at now_s; -EINVAL: source 0 or seconds out of range. */
int ban_table_put(struct ban_table *table, uint64_t source, enum gp_action action, uint32_t until_s, uint32_t now_s);
int ban_table_remove(struct ban_table *table, uint64_t source); /* -ENOENT */
const struct gp_ban *ban_table_find(const struct ban_table *table, uint64_t source); /* NULL */
const struct gp_ban *ban_table_next(const struct ban_table *table, uint32_t *cursor); /* all taken ways */
size_t ban_table_count(const struct ban_table *table);
/* Frees what expired by now_s in up to `buckets` buckets from *cursor on (wraps): spreads the sweep. Returns how
 * many were freed. */
uint32_t ban_table_sweep(struct ban_table *table, uint32_t *cursor, uint32_t buckets, uint32_t now_s);

#endif
