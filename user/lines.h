/* SPDX-License-Identifier: BSD-2-Clause */
/* The JSON lines of `gatepost replay` and `gatepost events`: one object a happening, keys always in this order, no
 * account name and no password in any of them. */
#ifndef GATEPOST_LINES_H
#define GATEPOST_LINES_H

#include <jansson.h>

#include "user/core/writer.h"
#include "user/sink.h"

/* All return a new reference; NULL when out of memory. wall_ns: since 1970, printed as seconds. */
json_t *line_attempt(const struct attempt *attempt, uint64_t wall_ns);
json_t *line_flow(const struct flow_report *report);
json_t *line_decision(const struct decision *decision, const struct ban *ban, uint64_t wall_ns, bool enforce);
json_t *line_ban_ended(const struct ban *ban, uint64_t wall_ns);
json_t *line_fleet_ban(const struct ban *ban, uint64_t wall_ns); /* another node's, in force here by now */
json_t *line_ban(const struct ban *ban, uint64_t wall_ns); /* as `bans` and `explain` show it */

/* The same at once as a line of text, many times as fast. */
void line_attempt_write(const struct writer *to, const struct attempt *attempt, uint64_t wall_ns);
void line_flow_write(const struct writer *to, const struct flow_report *report);

json_t *json_seconds(uint64_t ns); /* microseconds are kept */

#endif
