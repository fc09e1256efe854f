/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration files as text: read within bounds, and made harmless before the library sees them. */
#ifndef GATEPOST_CONFIG_TEXT_H
#define GATEPOST_CONFIG_TEXT_H

#include <stddef.h>

#include "user/core/fault.h"

#define CONFIG_TEXT_MAX (1u << 20)

/* The whole file, with an end. The caller frees it. -ENOENT, -EACCES, -EISDIR, -EFBIG, -ENOMEM, -EIO */
int config_text_read(const char *path, char **ret_text, struct fault *fault);

/* Comments become blanks, in place, line by line; refuses what the library would take silently for something else
 * or trip over: escapes, ${variables}, strings over several lines, stray characters. `name` stands in the fault. */
int config_text_clean(const char *name, char *text, struct fault *fault);

#endif
