/* SPDX-License-Identifier: BSD-2-Clause */
/* What the pipeline tells the outside: the daemon logs, stores and publishes it, a replay prints it. */
#ifndef GATEPOST_SINK_H
#define GATEPOST_SINK_H

#include "user/adapters/classify.h"
#include "user/ban/ban.h"
#include "user/read/flow.h"
#include "user/judge/judge.h"

struct flow_report {
	uint64_t time_ns; /* wall clock, of the report */
	const struct flow *flow;
	const struct classification *classification;
	const char *ja4; /* "" if none */
};

/* Where results go; any may be NULL. Times in them are of the kernel half's clock; pipeline_wall_ns converts. */
struct sink {
	void *context;
	void (*attempt)(void *context, const struct attempt *attempt);
	/* Of a source that is proven to be real; one that the judge believes. */
	void (*success)(void *context, uint64_t source, uint64_t time_ns);
	void (*flow)(void *context, const struct flow_report *report);
	/* `ban` is what came into force; NULL when nothing did (observed, allowed, alert, no address). */
	void (*decision)(void *context, const struct decision *decision, const struct ban *ban);
	/* It was decided on presumed failures, and they were refused since. */
	void (*ban_confirmed)(void *context, const struct ban *ban);
	void (*ban_ended)(void *context, const struct ban *ban);
	void (*warning)(void *context, const char *event, const char *text);
};

#endif
