/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads gatepost.conf, the rules and the allow list (libconfuse syntax) into struct settings. All or nothing: on an
 * error nothing is changed and `fault` says file, line and what was expected. */
#ifndef GATEPOST_CONFIG_H
#define GATEPOST_CONFIG_H

#include <stdio.h>

#include "user/core/fault.h"
#include "user/core/settings.h"

/* path NULL: the embedded default configuration and rules (the very files of rules/, compiled in). Relative paths
 * inside a file are relative to that file. -ENOENT, -EACCES, -EINVAL. The caller frees with config_free. */
int config_load(const char *path, struct settings **ret_settings, struct fault *fault);
/* The same from memory, for tests and fuzzing; `name` stands in the faults, includes are refused. */
int config_load_text(const char *name, const char *text, struct settings **ret_settings, struct fault *fault);
void config_free(struct settings *settings);

/* The effective settings in the file's own syntax. */
void config_print(const struct settings *settings, FILE *file);

#endif
