/* SPDX-License-Identifier: BSD-2-Clause */
/* What `gatepost replay` is asked beside what it finds: --labels, --sweep, --whatif. Nothing at all if none is given.
 */
#ifndef GATEPOST_REPLAY_RESEARCH_H
#define GATEPOST_REPLAY_RESEARCH_H

#include "user/research/tell.h"
#include "user/results/directory.h"

struct replay_research {
	struct research_options options;
	struct research *research; /* inside */
};

/* True: it was an option of these, and it is noted. */
bool replay_research_option(struct replay_research *asked, int option, const char *argument);
/* As research_new; before the captures are read. */
int replay_research_open(struct replay_research *asked, struct replay *replay, struct fault *fault);
/* After replay_end: on standard output, as tables or as lines, and into the directory (NULL: there is none). */
int replay_research_tell(struct replay_research *asked, bool table, struct directory *directory, struct fault *fault);
void replay_research_free(struct replay_research *asked); /* before the replay */

#endif
