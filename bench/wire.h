/* SPDX-License-Identifier: BSD-2-Clause */
/* The wires that run.sh laid: gen0..genN in this namespace, wan0..wanN, their other ends, in the edge's. */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <stdio.h>

#define WIRE_EDGE_NAMESPACE "/run/netns/edge"

/* Everything until wire_leave_edge() happens in the edge's namespace: attaching, nft. */
int wire_enter_edge(void);
void wire_leave_edge(void);

unsigned wire_generator_index(unsigned wire); /* ifindex of genN, 0 if there is none */
unsigned wire_edge_index(unsigned wire); /* of wanN; only within the edge */
const char *wire_edge_name(unsigned wire, char buffer[16]);

/* Waits on nothing but this one CPU, so that figures are a core's. */
int wire_pin_cpu(unsigned cpu);

#endif
