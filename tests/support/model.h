/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel half once more, slow and plain: what a frame is, what is known of whom, and what follows. Nothing is
 * packed or hashed, time does not wrap, and everybody has an account of his own in a list. Written from what the
 * program promises (bpf/gatepost.h and the heads of bpf/), not from how it does it; the two share names and no code.
 *
 * Verdict and reason are the program's at every frame, as long as its tables have room for all: see model_bound(). */
#ifndef GATEPOST_TESTS_MODEL_H
#define GATEPOST_TESTS_MODEL_H

#include "tests/support/model_frame.h"
#include "user/core/addr.h"
#include "user/core/settings.h"

struct model;

struct opinion {
	bool drop;
	enum gp_reason reason;
};

/* Both outlive the model; nobody is listed yet, and nothing was seen. */
struct model *model_new(const struct gp_settings *settings, const struct server_settings *server, uint32_t servers);
void model_free(struct model *model);
void model_forget(struct model *model); /* what was seen, not who is listed */

void model_ban(struct model *model, const struct prefix *target, enum gp_action action, uint32_t until_s);
void model_unban(struct model *model, const struct prefix *target);
void model_allow(struct model *model, const struct prefix *target);
void model_disallow(struct model *model, const struct prefix *target);

/* Somebody logged in from there; and what the user half says of the frame's connection, if it is known. */
void model_welcome(struct model *model, uint64_t source, uint64_t now_ns);
void model_outcome(struct model *model, const struct sight *sight, bool success);

/* Time does not go back. */
struct opinion model_frame(struct model *model, enum gp_direction direction, const uint8_t *frame, size_t length,
			   uint64_t now_ns);

/* Until when the model speaks for a program with tables of these sizes and this seed: as long as no two accounts have
 * one bucket and one tag, so that the program would take one for the other, and its tallies say that nobody had to
 * share a bucket or to make room. */
bool model_is_bound(const struct model *model, uint32_t source_buckets, uint32_t prefix_buckets,
		    const uint64_t seed[2]);

#endif
