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
/* A word of the request; NULL: not there, or no string. */
const char *answer_word(const json_t *request, const char *key);
/* NULL: `target` is filled. Else the error to answer. */
json_t *answer_target(const json_t *request, struct prefix *ret_target);

/* One a command. */
json_t *answer_status(struct daemon *daemon, const json_t *request, uid_t uid);
json_t *answer_counters(struct daemon *daemon, const json_t *request, uid_t uid);
json_t *answer_bans(struct daemon *daemon, const json_t *request, uid_t uid);
json_t *answer_ban(struct daemon *daemon, const json_t *request, uid_t uid);
json_t *answer_unban(struct daemon *daemon, const json_t *request, uid_t uid);
json_t *answer_allow(struct daemon *daemon, const json_t *request, uid_t uid);
json_t *answer_explain(struct daemon *daemon, const json_t *request, uid_t uid);
json_t *answer_feed(struct daemon *daemon, const json_t *request, uid_t uid);
json_t *answer_fleet(struct daemon *daemon, const json_t *request, uid_t uid);
json_t *answer_servers(struct daemon *daemon, const json_t *request, uid_t uid);

json_t *answer_servers_summary(const struct daemon *daemon); /* for status */

#endif
