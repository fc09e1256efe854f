/* SPDX-License-Identifier: BSD-2-Clause */
/* A replay against the truth (--labels), one number of a rule tried from here to there (--sweep), other rules beside
 * those that are (--whatif): everything is found out from one record of one replay.
 *
 * Memory: see record.h; the labels, about 250 bytes a row; one judge more at a time, of the same size as any. */
#ifndef GATEPOST_RESEARCH_H
#define GATEPOST_RESEARCH_H

#include "user/replay/replay.h"
#include "user/research/reading.h"
#include "user/research/sweep.h"
#include "user/research/whatif.h"

struct research_options {
	const char *labels, *sweep, *whatif; /* file, expression, file; NULL: not wanted */
	char *const *captures; /* paths, NULL at the end */
};

struct research_findings {
	const struct truth *truth; /* NULL: no labels; then there is no reading and no trial `as_it_was` */
	const struct record *record;
	struct reading reading;
	struct trial as_it_was;
	const struct sweep *sweep; /* NULL: not wanted */
	struct sweep_point *point;
	const char *whatif_path; /* NULL: not wanted */
	struct trial now, then;
	struct whatif whatif;
};

struct research;

bool research_wanted(const struct research_options *options);
/* Reads labels, expression and rules, so that an error is told before the captures are read, and listens to the replay,
 * which it must not outlive. -ENOENT, -EINVAL, -EBADMSG, -ENOMEM with `fault`. */
int research_new(struct research **ret_research, const struct research_options *options, struct replay *replay,
		 struct fault *fault);
void research_free(struct research *research);
/* After replay_end(). -ENOMEM, -EINVAL with `fault` */
int research_find(struct research *research, struct fault *fault);
const struct research_findings *research_findings(const struct research *research);

#endif
