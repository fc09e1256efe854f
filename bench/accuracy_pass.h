/* SPDX-License-Identifier: BSD-2-Clause */
/* The labelled captures, sent through the shipped pipeline (native engine, shipped configuration, virtual time): each
 * capture from its beginning to its end by an edge that has just started, one after the other. What is known of servers
 * is the caller's and stays from pass to pass: the same connections come again as new ones. */
#ifndef GATEPOST_ACCURACY_PASS_H
#define GATEPOST_ACCURACY_PASS_H

#include "user/research/labels.h"
#include "user/pipeline.h"

struct corpus {
	const char *directory;
	struct labels labels;
	size_t captures, captures_missing;
	/* inside */
	struct settings *settings;
	struct secret *secret;
};

int corpus_open(struct corpus *ret_corpus, const char *directory, struct fault *fault);
void corpus_close(struct corpus *corpus);

/* What was read of each connection, by the row of its label. */
struct answers {
	char (*read)[FLOW_OUTCOMES_MAX + 1]; /* F, S, U; "-" while no flow matched */
	bool *counted; /* asked at all */
	size_t count;
};
void answers_new(struct answers *ret_answers, const struct corpus *corpus); /* nothing is counted yet */
void answers_free(struct answers *answers);

struct pass {
	const struct corpus *corpus;
	struct servers *servers;
	bool one_way; /* only what the clients sent is shown */
	/* Any may be NULL. Rows are NULL for connections without a label. */
	void *context;
	bool (*wanted)(void *context, const struct label_row *row); /* false: the connection is not shown */
	void (*sample)(void *context, const struct gp_sample *sample, const uint8_t *payload); /* before it is read */
	/* `sample`: the packet that decided it; NULL: the end of the connection. */
	void (*attempt)(void *context, const struct label_row *row, const struct attempt *attempt,
			const struct gp_sample *sample);
	void (*flow)(void *context, const struct label_row *row, const char *outcomes);
};
void pass_run(const struct pass *pass); /* ends the program when the corpus cannot be read */

/* All that there is to say. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);

#endif
