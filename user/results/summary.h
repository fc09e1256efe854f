/* SPDX-License-Identifier: BSD-2-Clause */
/* summary.json: what a replay came to, of what, by what, and the hashes by which two runs are compared. */
#ifndef GATEPOST_SUMMARY_H
#define GATEPOST_SUMMARY_H

#include <jansson.h>

#include "user/core/settings.h"
#include "user/results/directory.h"

/* `totals` as print_lines_summary has them; `written`: the hash of each file, by name. The caller frees it; NULL when
 * out of memory. */
char *summary_text(const json_t *totals, const struct settings *settings, const struct directory_options *options,
		   json_t *written);

#endif
