/* SPDX-License-Identifier: BSD-2-Clause */
/* The control socket: one JSON object a line in, one or more out, over a Unix stream socket of mode 0660. The peer's
 * uid is asked of the kernel (SO_PEERCRED) and goes with every request. Slow or mute clients are dropped, nothing that
 * a client does stalls the loop. */
#ifndef GATEPOST_CONTROL_H
#define GATEPOST_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "user/adapters/loop.h"
#include "user/core/fault.h"

#define CONTROL_REQUEST_BYTES 4096 /* with the newline; longer lines are refused */
#define CONTROL_CLIENTS 64
#define CONTROL_BEHIND_BYTES (1 << 20) /* a follower that is further behind is dropped */
#define CONTROL_MUTE_S 30 /* without a whole request, or without reading the answer */

struct control;

/* Answer a request. Returns a new reference, sent as one line: {"ok":true,...} or {"ok":false,"code":N,"error":"..."}
 * with the exit code of the command line. NULL: the client is answered {"ok":true} and follows: it will be fed by
 * control_publish. May call control_publish. */
typedef json_t *(*control_request_fn)(void *context, const json_t *request, uid_t uid);

/* The socket of a daemon that is gone is replaced. -EADDRINUSE: another gatepost is running; -EEXIST: something that is
 * not a socket is in the way; -ENOENT: no such directory or group; -ENAMETOOLONG; -EACCES. `group` may be "". */
int control_new(struct control **ret_control, struct loop *loop, const char *path, const char *group,
		control_request_fn on_request, void *context, struct fault *fault);
void control_free(struct control *control); /* removes the socket */
/* To every client that follows; takes no reference. A client that is 1 MiB behind is dropped. */
void control_publish(struct control *control, json_t *line);
unsigned int control_followers(const struct control *control); /* 0: no need to build the line */

/* The client's side: connect, send, and hand each line to `each` until it returns false or the server closes.
 * -ECONNREFUSED, -ENOENT: no daemon; -EACCES: denied; -EBADMSG: not JSON; -ETIMEDOUT: no answer within 5 s, after the
 * first one it waits for ever; -ECONNRESET: closed without an answer. */
int control_ask(const char *path, const json_t *request, bool (*each)(void *context, const json_t *line),
		void *context);

#endif
