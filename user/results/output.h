/* SPDX-License-Identifier: BSD-2-Clause */
/* A file of a replay's directory: what went wrong while it was written is kept until it is closed, so that nothing is
 * half written without a word; and it tells the hash of its bytes. */
#ifndef GATEPOST_OUTPUT_H
#define GATEPOST_OUTPUT_H

#include <stddef.h>

#include "user/adapters/sum.h"
#include "user/core/fault.h"
#include "user/core/writer.h"

struct output;

/* A new file: one that is there is not written over. -EEXIST, -EACCES, -ENOENT, -ENOMEM, ... */
int output_new(struct output **ret_output, const char *directory, const char *name, struct fault *fault);
void output_free(struct output *output); /* as it is, without a word */
/* After an error nothing more is written. What is printed at once is cut at a thousand characters. */
struct writer output_writer(struct output *output);
void output_print(struct output *output, const char *format, ...) __attribute__((format(printf, 2, 3)));
int output_error(const struct output *output); /* -errno; 0 says nothing about what still waits to be written */
/* The last word: an error of any write or of the closing itself (-ENOSPC, -EIO, -EDQUOT). Frees it in any case. */
int output_close(struct output *output, char ret_sum[SUM_TEXT_BYTES], struct fault *fault);

#endif
