/* SPDX-License-Identifier: BSD-2-Clause */
/* A scene, who plays in it, and the bars that their figures must clear. */
#ifndef BENCH_PLAY_H
#define BENCH_PLAY_H

#include "bench/contestant.h"
#include "bench/report.h"

#define PLAY_CAST_MAX 8 /* wires that there are for one CPU */
#define PLAY_BARS_MAX 4

enum figure {
	FIGURE_NS, /* of the program, a packet: at most so much of the other's */
	FIGURE_NS_MORE, /* the same: at most so many more than the other's */
	FIGURE_MPPS, /* packets a second: at least so much of the other's */
};

struct bar {
	const char *name; /* as in datapath.json */
	const struct contestant *whose, *beside;
	enum figure figure;
	double bound;
};

struct play {
	struct scene scene;
	const struct contestant *cast[PLAY_CAST_MAX]; /* the first is what the packets a second are measured by */
	struct bar bar[PLAY_BARS_MAX];
};

/* 0, or -errno when a contestant could not start or was interrupted; missed bars are the report's. */
int play(const struct play *play, struct report *report);

#endif
