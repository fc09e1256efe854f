/* SPDX-License-Identifier: BSD-2-Clause */
/* What the daemon answers to each command: JSON for programs, with the words for people in it. */
#ifndef GATEPOST_ANSWERS_H
#define GATEPOST_ANSWERS_H

#include <jansson.h>
#include <sys/types.h>

#include "user/daemon/daemon.h"

/* A control_request_fn; context is the struct daemon. */
json_t *answer(void *daemon, const json_t *request, uid_t uid);

/* {"ok":false,"code":code,"error":text} */
json_t *answer_error(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
json_t *answer_explain(struct daemon *daemon, uint64_t source);

#endif
