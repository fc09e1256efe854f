/* SPDX-License-Identifier: BSD-2-Clause */
/* Which connections a figure is about, and by what they are told apart in the tables. */
#ifndef GATEPOST_ACCURACY_SETS_H
#define GATEPOST_ACCURACY_SETS_H

#include "bench/accuracy_pass.h"
#include "user/research/score.h"

/* By the name of the capture; one with another name is taken to be of usual clients and attacks. Only connections whose
 * handshake was finished are in a set, but for SET_UNFINISHED. */
enum set {
	SET_USUAL, /* usual clients and attacks, AEAD suites */
	SET_CBC, /* the same with CBC suites; scanners, who log nobody in, are left out */
	SET_ODD, /* padding, fragments, pipelining, long tags, aborts; any suite */
	SET_SERVER_PADDING,
	SET_EVERY,
	SET_UNFINISHED, /* handshakes that were not finished: nobody has tried, unless in clear text */
	SETS,
};
const char *set_text(enum set set);
bool set_has(enum set set, const struct label_row *row);

/* Counts what is in the set and was asked. `only` (may be NULL) narrows it further. */
struct score set_score(enum set set, const struct corpus *corpus, const struct answers *answers,
		       bool (*only)(const struct label_row *row, const void *context), const void *context);

/* What the tables tell apart. `key` writes a name to `text` (LABEL_TEXT_BYTES). */
struct property {
	const char *name;
	void (*key)(const struct label_row *row, char *text);
};
extern const struct property properties[];
extern const size_t properties_count;

#endif
