/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables for gnuplot and for whoever else reads columns: tabs between fields, names of the columns first. */
#ifndef GATEPOST_TABLES_H
#define GATEPOST_TABLES_H

#include "user/results/output.h"
#include "user/results/tally.h"
#include "user/results/timeline.h"

void table_over_time(struct output *to, const struct timeline *timeline);
void table_time_to_ban_head(struct output *to);
/* The first attempt and the time from it are empty where none was seen: the rule counts connections or handshakes. */
void table_time_to_ban(struct output *to, const struct tally_ban *ban);

#endif
