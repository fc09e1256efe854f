/* SPDX-License-Identifier: BSD-2-Clause */
/* Key files, for secret.c and secret_sign.c. */
#ifndef GATEPOST_SECRET_FILE_H
#define GATEPOST_SECRET_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "user/core/fault.h"

#define SECRET_FILE_KEY_BYTES 32

/* Read it, or, with `make`, make it first if there is none. */
int secret_file_load(uint8_t ret_key[SECRET_FILE_KEY_BYTES], const char *path, bool make, struct fault *fault);

#endif
