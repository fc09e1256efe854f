/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs gnuplot, if there is one. */
#ifndef GATEPOST_GNUPLOT_H
#define GATEPOST_GNUPLOT_H

#include "user/core/fault.h"

/* `script` is a file of `directory`, where it runs; its own words go to standard error. -ENOENT: there is no gnuplot;
 * -EIO: it does not like the script. */
int gnuplot_run(const char *directory, const char *script, struct fault *fault);

#endif
