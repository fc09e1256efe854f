/* SPDX-License-Identifier: BSD-2-Clause */
/* How long a server lets those wait whom it lets in, and who waits for its answer. A successful login is answered in
 * milliseconds; a refusal is held back (Dovecot 2 s, Cyrus 3 s, Courier 5 s). Who has waited for several times as long
 * as anybody who got in lately is overdue: he was refused, only nobody has told him yet. Everything takes constant
 * time; what waits is in memory of the caller's. */
#ifndef GATEPOST_PATIENCE_H
#define GATEPOST_PATIENCE_H

#include <stdbool.h>

#include "user/core/attempt.h"

/* So many successes must have been seen of a server before its silence says anything. */
#define PATIENCE_SUCCESSES_MIN 8
/* "Lately": this era and the one before it. An era is over after so many logins or so long. */
#define PATIENCE_ERA_LOGINS 500
#define PATIENCE_ERA_NS (30 * 60 * 1000000000ULL)
/* The slowest of them, several times over: what has not been seen in a thousand logins may still happen ... */
#define PATIENCE_TIMES 4
/* ... and no less than a packet that is lost on the way to the server and comes again (RFC 6298: 200 ms in practice).
 */
#define PATIENCE_LEAST_NS (250 * 1000000ULL)
/* Longer than any server holds a refusal back (Dovecot 17 s): who waits for longer waits for something else. */
#define PATIENCE_MOST_NS (30 * 1000000000ULL)
#define PATIENCE_NEVER UINT64_MAX

/* A login whose answer is awaited. Part of somebody else's record, which must not move; zeroed memory waits for
 * nothing. */
struct awaited {
	uint64_t source, account, credential; /* as in struct attempt */
	uint64_t since_ns;
	uint64_t presumed_ns; /* when it was counted as a failure */
	struct patience *at; /* NULL: in no list */
	struct awaited *older, *newer;
	uint32_t n;
	uint8_t service, basis;
	bool challenge;
	bool waiting; /* asked and not answered; in no list any more when it has waited for too long */
	bool presumed; /* it was overdue, and is counted as a failure */
	bool repeat; /* ... as one of a password that was tried before */
};

/* Of one server. Zeroed memory is one of which nothing is known. */
struct patience {
	struct addr address;
	uint16_t port;
	uint32_t successes[2]; /* of this era and the one before it */
	uint64_t slowest_ns[2];
	uint64_t era_ns; /* when this one began; 0: it has not */
	uint64_t alive_ns; /* the latest moment at which somebody asked who was let in since */
	struct awaited *oldest, *newest;
	struct patience *next, **link; /* among those at which somebody waits; link NULL: nobody does */
};

/* Somebody who asked at `asked_ns` was let in. `telling`: how long that took says how long it takes. */
void patience_success(struct patience *patience, uint64_t asked_ns, uint64_t now_ns, bool telling);
/* The server has trouble: of those who wait now, nobody is overdue. */
void patience_let_off(struct patience *patience);
/* From how long a wait on it is overdue; PATIENCE_NEVER: too little is known. */
uint64_t patience_limit_ns(const struct patience *patience, uint64_t now_ns);

/* `first`: the servers at which somebody waits. */
void patience_add(struct patience *patience, struct patience **first, struct awaited *awaited, uint64_t now_ns);
void patience_remove(struct awaited *awaited); /* in no list: does nothing */
/* Takes out the next one that has waited long enough; NULL: none yet. *ret_overdue: it was refused, as far as one can
 * tell. The server must have let in somebody who asked after him, or it may be that nobody is answered. */
struct awaited *patience_next(struct patience *patience, uint64_t now_ns, bool *ret_overdue);

#endif
