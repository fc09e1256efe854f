/* SPDX-License-Identifier: BSD-2-Clause */
/* The questions: with this known of the servers, what is read of each connection? */
#ifndef GATEPOST_ACCURACY_ASK_H
#define GATEPOST_ACCURACY_ASK_H

#include "bench/accuracy_pass.h"

#define LEARNED_CONNECTIONS 200 /* to a server; after them it counts as learned */
#define LEARNING_ROUNDS_MAX 16 /* servers with few connections in the captures do not get there */

enum question {
	QUESTION_PROBE, /* one probe of each server, no learning */
	QUESTION_EMPTY_FIRST, /* nothing known: the first time that the captures are shown */
	QUESTION_EMPTY, /* ... and each connection again, after the first 200 to its server */
	QUESTION_BUILTIN_FIRST, /* the same with the profiles that come with gatepost */
	QUESTION_BUILTIN,
	QUESTION_ONE_WAY, /* one probe of each server, only the clients' packets */
	QUESTION_ONE_WAY_FIRST, /* built-in profiles, only the clients' packets */
	QUESTION_SERVER_OUT_FIRST, /* built-in profiles without those of the server's own software */
	QUESTION_SERVER_OUT,
	QUESTION_TOOL_OUT, /* built-in profiles and what the other tools' connections taught, no learning */
	QUESTIONS,
};
const char *question_text(enum question question);
const char *question_short(enum question question); /* for the head of a column */

/* Those that are asked together: "probe", "empty", "builtin", "one-way", "server-out", "tool-out". */
struct inquiry {
	const char *name;
	enum question first, last;
	void (*ask)(const struct corpus *corpus, struct answers *answers); /* answers: from the first on */
	bool needs_probes;
};
extern const struct inquiry inquiries[];
extern const size_t inquiries_count;

#endif
