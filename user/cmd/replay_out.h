/* SPDX-License-Identifier: BSD-2-Clause */
/* What a replay prints (-o) and writes (--out). */
#ifndef GATEPOST_REPLAY_OUT_H
#define GATEPOST_REPLAY_OUT_H

#include "user/results/directory.h"
#include "user/results/print_lines.h"
#include "user/results/print_table.h"

struct replay_out {
	const char *form; /* "json", "csv", "table"; NULL: lines of JSON, or the table where they are in a directory */
	struct directory_options directory; /* path NULL: none */
	/* what is made of it */
	struct print_lines lines;
	struct print_table table;
	struct tally *tally;
	struct directory *made;
};

bool replay_out_has_form(const char *form);
bool replay_out_is_table(const struct replay_out *out);
/* Before the first frame; `out` stays where it is until replay_out_free. */
int replay_out_open(struct replay_out *out, struct replay *replay, struct fault *fault);
/* After replay_end: nothing may be left half written, on standard output neither. */
int replay_out_close(struct replay_out *out, struct fault *fault);
void replay_out_free(struct replay_out *out);

#endif
