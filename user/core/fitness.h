/* SPDX-License-Identifier: BSD-2-Clause */
/* Is this interface fit for XDP as it is set up? Facts in, findings in words out, each with what to do. Who gathers the
 * facts (adapters/interface.c, datapath_survey.c) does not judge, and who judges does not look. */
#ifndef GATEPOST_FITNESS_H
#define GATEPOST_FITNESS_H

#include <stdbool.h>
#include <stdint.h>

#include "user/core/settings.h"

enum told {
	UNTOLD, /* nobody can say without touching the interface */
	TOLD_NO,
	TOLD_YES,
};

/* A program that is on the interface's XDP hook now. */
struct occupant {
	uint32_t id; /* 0: none */
	uint32_t link; /* id of the BPF link that holds it; 0: attached without one */
	char name[16];
	bool generic;
	bool ours; /* by the pins of this gatepost */
};

struct interface_facts {
	char name[16];
	char driver[32]; /* "": it does not say */
	enum attach attach; /* what is asked for */
	bool is_up;
	uint32_t mtu;
	uint32_t queues, queues_max; /* for receiving, in use and at most; 0: unknown */
	bool lro, gro_hw, rx_vlan; /* switched on */
	enum told native, frags; /* native XDP; of packets in several buffers */
	struct occupant occupant;
};

enum finding {
	FINDING_GOOD,
	FINDING_NOTE, /* worth knowing, works all the same */
	FINDING_BAD, /* would not attach, or not as asked */
};
typedef void (*finding_fn)(void *context, enum finding finding, const char *text);

void fitness_judge(const struct interface_facts *facts, finding_fn found, void *context);

/* "'name' (id 12, native)", and how to take it off. Both return buffer. */
const char *occupant_text(const struct occupant *occupant, char *buffer, unsigned long size);
const char *occupant_remedy(const struct occupant *occupant, const char *interface, char *buffer, unsigned long size);

#endif
