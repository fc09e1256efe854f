/* SPDX-License-Identifier: BSD-2-Clause */
/* The reasons of the contract in its own words: "banned source", as the counters and `explain` say them. */
#ifndef GATEPOST_REASON_WORDS_H
#define GATEPOST_REASON_WORDS_H

#include "bpf/gatepost.h"

const char *reason_words(enum gp_reason reason);

#endif
