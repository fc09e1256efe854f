/* SPDX-License-Identifier: BSD-2-Clause */
/* A decision's reason, in the words that an operator will read at night. */
#ifndef GATEPOST_REASON_H
#define GATEPOST_REASON_H

#include "user/judge/judge.h"
#include "user/core/sentence.h"

/* "20 failures in 10m from 192.0.2.7, 18 accounts" */
void reason_count(struct sentence *reason, const struct decision *decision, uint32_t accounts);
void reason_unless(struct sentence *reason, uint64_t success_ago_ns);
void reason_offence(struct sentence *reason, uint32_t offences);
/* Of what was counted, so many had no answer; 0: some never got one. */
void reason_presumed(struct sentence *reason, uint32_t presumed);
void reason_guardrail(struct sentence *reason, enum action held_back, const char *why);

#endif
