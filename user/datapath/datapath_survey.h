/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be known of the kernel and of an interface's XDP hook before anything is attached, for `gatepost check` and
 * for the words of a refusal. Leaves nothing behind. */
#ifndef GATEPOST_DATAPATH_SURVEY_H
#define GATEPOST_DATAPATH_SURVEY_H

#include "user/core/fault.h"
#include "user/core/fitness.h"

struct survey {
	bool permitted; /* to load programs */
	bool jit; /* they are compiled, not interpreted */
	bool accepted; /* both programs of ours pass this kernel's verifier */
	char words[384]; /* if not: what is missing, or what the verifier said */
};
/* Loads the programs with the smallest tables, and lets them go. */
void survey_kernel(struct survey *ret_survey);

/* Who is on the interface's XDP hook; ->id 0: nobody. `pin_dir` tells ours from others, NULL: none is ours. */
void survey_occupant(const char *interface, const char *pin_dir, struct occupant *ret_occupant);

/* Attach a program that passes everything, and take it off again: the last word on whether it works, but some drivers
 * start their queues anew. 0, or -errno with the words of `gatepost run`. Not while somebody is there: -EBUSY. */
int survey_try(const char *interface, enum attach attach, struct fault *fault);

/* Is the pins' file system there? If not, `gatepost run` mounts it at *ret_root. */
bool survey_bpffs(const char *pin_dir, char ret_root[256]);

#endif
