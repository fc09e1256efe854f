/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens when what is known of a server is not true any more. Every server is given the profile of another one
 * with the same service whose refusals are of another length, each of them in turn, and then its own traffic comes,
 * twice. Profiles that were learned know the greeting of each port; a probe knows one port. */
#ifndef GATEPOST_ACCURACY_STALE_H
#define GATEPOST_ACCURACY_STALE_H

#include "bench/accuracy_pass.h"
#include "user/research/score.h"

#define STALE_COUNTED 64

enum stale_from {
	STALE_LEARNED, /* the other server's profile was learned */
	STALE_PROBE, /* ... was probed */
	STALE_SETUP, /* the server's own, probed before or after it was set up anew (NAME.json and NAME-v2.json) */
	STALE_FROM,
};
const char *stale_text(enum stale_from from);

struct stale {
	uint32_t pairs, told; /* servers with a profile that is not theirs; of those, noticed */
	/* Connections until it was told, and from there to the first with an attempt that was read right: how many
	 * pairs; the last one: that or more. */
	uint32_t told_after[STALE_COUNTED], right_after[STALE_COUNTED];
	struct score before; /* while it was not noticed */
	struct score learning, learned; /* since then, in the first and in the second showing */
};

/* By where the profile is from and by enum protocol. `verbose`: every wrong outcome's pair is printed. */
void stale_run(const struct corpus *corpus, bool verbose, struct stale ret_stale[STALE_FROM][3]);
/* ret_most may be NULL. */
uint32_t stale_median(const uint32_t histogram[STALE_COUNTED], uint32_t *ret_most);

#endif
