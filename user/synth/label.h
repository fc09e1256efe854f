/* SPDX-License-Identifier: BSD-2-Clause */
/* What is true of a connection, as a line of CSV (RFC 4180) in the columns of the labelled captures that real servers
 * made; two more behind them: is it an attack (1, 0), and which population or attack of the scenario it is of. */
#ifndef GATEPOST_SYNTH_LABEL_H
#define GATEPOST_SYNTH_LABEL_H

#include "user/core/sentence.h"
#include "user/synth/wire.h"

#define LABEL_LINE_BYTES 1024

/* Names of columns, in order; with an end of line. */
const char *label_header(void);
/* `capture` and `name` are those of the file and of the scenario, and have no comma. */
void label_line(const struct wire_label *label, const struct scenario *scenario, const char *capture, const char *name,
		struct sentence *sentence);

#endif
