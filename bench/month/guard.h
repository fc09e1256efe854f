/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands between the network and the mail servers in a synthetic month: gatepost, or what people use instead.
 *
 * A guard hears what it would hear in life: gatepost connections and the outcomes of attempts, the others lines of the
 * servers' logs. It answers who gets through. Times are nanoseconds since 1970 and never go back, but for `from_ns` of
 * a ban, which may lie ahead: whoever reads logs and polls is late. */
#ifndef BENCH_MONTH_GUARD_H
#define BENCH_MONTH_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "user/core/attempt.h"
#include "user/core/fault.h"

enum passage {
	PASSAGE_FREE,
	PASSAGE_LIMITED, /* refused, but only now and only new connections */
	PASSAGE_BANNED, /* nothing of this source gets through */
};

/* A line of a mail server's log that tells of a failure. */
enum log_kind {
	LOG_DOVECOT_END, /* "imap-login: Disconnected (auth failed, 3 attempts in 8 secs)": one a connection, at its end
			  */
	LOG_DOVECOT_FAILURE, /* "auth: sql(user,address): Password mismatch": only with auth_verbose = yes */
	LOG_POSTFIX_FAILURE, /* "warning: unknown[address]: SASL PLAIN authentication failed" */
	LOG_POSTFIX_LOST, /* "lost connection after AUTH from unknown[address]" */
};
struct log_line {
	uint64_t time_ns;
	struct addr address;
	enum log_kind kind;
};

/* What there is to know of a connection when it comes in. */
struct arrival {
	uint64_t time_ns;
	struct addr address;
	uint64_t source;
	uint16_t port;
	enum gp_service service;
	enum transport transport;
	uint8_t client; /* enum synth_client */
};
/* ... and of an attempt when it is answered. */
struct answered {
	uint64_t time_ns;
	const struct arrival *arrival;
	unsigned n; /* 0 for the first attempt of the connection */
	uint64_t account, password; /* numbers: equal number, same */
	enum outcome outcome;
};

/* A ban or limit that is in force from `from_ns` on, of this source or some of its addresses. */
typedef void (*guard_ban_fn)(void *context, unsigned index, uint64_t source, uint64_t from_ns, bool limit);
struct guard_listener {
	guard_ban_fn on_ban;
	void *context;
	unsigned index; /* handed back */
};

struct guard {
	const struct guard_kind *kind;
	const char *name;
	struct guard_listener listener;
};
struct guard_kind {
	void (*free)(struct guard *guard);
	/* A new connection, and something more on one that is open; has a login failed on it? */
	enum passage (*admits)(struct guard *guard, const struct arrival *arrival);
	enum passage (*passes)(struct guard *guard, const struct arrival *arrival, bool has_failed, uint64_t now_ns);
	/* Of what got through. Any may be NULL. */
	void (*hear_connection)(struct guard *guard, const struct arrival *arrival);
	void (*hear_answer)(struct guard *guard, const struct answered *answer);
	void (*hear_handshake)(struct guard *guard, const struct arrival *arrival,
			       uint64_t now_ns); /* and no attempt */
	void (*read_line)(struct guard *guard, const struct log_line *line);
	void (*tick)(struct guard *guard, uint64_t now_ns); /* every minute */
	void (*remark)(struct guard *guard, char *text, size_t size); /* at the end: what else there is to say */
};

/* config: a path; NULL: as shipped. name and config have to outlive the guard. */
int guard_gatepost_new(struct guard **ret_guard, const char *name, const char *config, struct fault *fault);

struct fail2ban_settings {
	const char *name;
	uint32_t maxretry;
	uint64_t findtime_ns, bantime_ns;
	uint64_t maxtime_ns; /* bantime.increment = true up to bantime.maxtime; 0: no */
	uint64_t purge_ns; /* dbpurgeage: bans are remembered for it, and twice as long as they lasted */
	bool verbose; /* Dovecot's auth_verbose = yes */
};
extern const struct fail2ban_settings fail2ban_default, fail2ban_tuned;
int peer_fail2ban_new(struct guard **ret_guard, const struct fail2ban_settings *settings, uint32_t addresses_max);

struct crowdsec_settings {
	const char *name;
	bool slow; /* the hub's scenarios for slow guessing, too */
	bool grows; /* duration_expr of profiles.yaml: 4 h times the decisions so far, and one */
	bool verbose;
};
extern const struct crowdsec_settings crowdsec_default, crowdsec_tuned;
int peer_crowdsec_new(struct guard **ret_guard, const struct crowdsec_settings *settings, uint32_t addresses_max);

/* An address as the key of a table. */
uint64_t guard_address_key(const struct addr *address);

#endif
