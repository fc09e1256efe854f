/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel half needs of a kernel, each asked for by itself: distributions carry features back, so that a
 * version says little. Internal to the datapath files, and tested. */
#ifndef GATEPOST_DATAPATH_FEATURES_H
#define GATEPOST_DATAPATH_FEATURES_H

#include <stdbool.h>
#include <stddef.h>

enum feature {
	FEATURE_MAPPED_ARRAY,
	FEATURE_RING,
	FEATURE_TRIE,
	FEATURE_COMPARE_AND_EXCHANGE,
	FEATURE_COARSE_CLOCK,
	FEATURE_FRAGS,
	FEATURE_FRAGS_READ,
	FEATURE_MAX,
};

/* Loads something small for each, and lets it go. Without permission to load anything all are said to be there: it is
 * not they that are missing. */
void features_probe(bool ret_has[FEATURE_MAX]);
/* In words, with the version of Linux that has it; "" when nothing is missing. Returns buffer. */
const char *features_missing(const bool has[FEATURE_MAX], char *buffer, size_t size);

#endif
