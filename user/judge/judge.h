/* SPDX-License-Identifier: BSD-2-Clause */
/* Hears of connections, handshakes and attempts, and answers with decisions. Knows nothing of packets, kernels or
 * clocks; its memory is fixed when it is made. Times: nanoseconds, any clock that does not jump, one for all calls.
 *
 * Exact sliding windows: a rule with threshold N keeps, per key, the moments of the last N (for distinct counts:
 * of the last N distinct values), and trips when the oldest of them is younger than the window. After a decision
 * the count of that key starts anew, and the rule is silent about it while the decision lasts (see offence.h).
 *
 * What is open is counted as it is: up when a connection has been open for the rule's window, down when it ends or, in
 * rules that count those without a login, when somebody has logged in.
 *
 * Credit: a success of an account that has not paid lately buys its source `credit.per_success` failures that do not
 * count, up to `credit.most`, halved every `credit.half_life_ns`. The same credential failing again is one failure. A
 * success after a row of different wrong passwords is a guess that hit, and buys nothing. */
#ifndef GATEPOST_JUDGE_H
#define GATEPOST_JUDGE_H

#include "user/core/attempt.h"
#include "user/judge/credit.h"
#include "user/judge/guardrail.h"
#include "user/judge/offence.h"
#include "user/judge/patience.h"
#include "user/judge/rules.h"
#include "user/judge/source.h"
#include "user/judge/standing.h"

struct judge_settings {
	uint32_t sources_max, keys_max; /* sources remembered; keys remembered a rule */
	uint32_t open_max; /* connections that may be open; what is beyond is not counted as such */
	uint64_t seed; /* of the tables */
	bool overdue; /* who waits for longer than a success takes has failed: count it before the server says so */
	uint64_t remember_ns; /* offences, after the decision ended: the ladder starts anew when they are forgotten */
	struct credit_settings credit;
	struct guardrail_settings guardrail;
};

struct decision {
	uint64_t time_ns;
	const struct rule *rule; /* belongs to the ruleset of the judge */
	enum action action; /* what is to be done: after unless, credit and guardrail */
	enum action wanted; /* what the rule says */
	bool shadow; /* of the rule */
	struct prefix target; /* bits 0: the decision has no address (per account, fingerprint, service) */
	uint64_t key; /* what was counted for: source, prefix bits, fingerprint, account or service */
	uint64_t for_ns;
	uint32_t offences; /* 1 the first time */
	uint32_t seen; /* the count that tripped it */
	uint8_t evidence; /* enum gp_evidence of what was counted */
	char reason[160]; /* in words */
};
/* Called from inside the judge: it must not call back into it. */
typedef void (*judge_decision_fn)(void *context, const struct decision *decision);

struct judge;

/* The ruleset is copied. -ENOMEM; -EINVAL with `fault` filled when it does not fit the settings. */
int judge_new(struct judge **ret_judge, const struct judge_settings *settings, const struct ruleset *ruleset,
	      judge_decision_fn on_decision, void *context, struct fault *fault);
void judge_free(struct judge *judge);
/* Bytes that judge_new will take. */
uint64_t judge_memory_bytes(const struct judge_settings *settings, const struct ruleset *ruleset);
/* Put another ruleset in force. Rules that are the same but for action, duration and shadow keep their counts. */
int judge_reload(struct judge *judge, const struct ruleset *ruleset, struct fault *fault);

/* A connection is open until it is closed: `standing` is zeroed memory that does not move until then. Said again of one
 * that is open, or of one that is not, they do nothing. A rule may decide while time passes, see judge_tick. */
void judge_opened(struct judge *judge, struct standing *standing, uint64_t source, enum gp_service service,
		  uint64_t now_ns);
void judge_settled(struct judge *judge, struct standing *standing, uint64_t now_ns); /* waits for no login any more */
void judge_closed(struct judge *judge, struct standing *standing, uint64_t now_ns);
/* Time passes: connections that are open grow old enough to be counted. Some times a second. */
void judge_tick(struct judge *judge, uint64_t now_ns);
uint32_t judge_open_count(const struct judge *judge); /* connections that are open */
/* See standing.h: another one each time; NULL when there is none. */
struct standing *judge_patrol(struct judge *judge);

void judge_connection(struct judge *judge, uint64_t source, enum gp_service service, uint64_t now_ns);
/* TLS established and ended, no attempt seen. */
void judge_handshake(struct judge *judge, uint64_t source, enum gp_service service,
		     const struct fingerprint *fingerprint, uint64_t now_ns);
/* True: a success that is believed, and earned its source something; see SOURCE_GUESSES_MAX. */
bool judge_attempt(struct judge *judge, const struct attempt *attempt, uint64_t now_ns);

/* A login was asked for and has no answer yet: `awaited` is zeroed memory that does not move until it is answered, or
 * not awaited any more. Of the attempt, what is known of it counts; its outcome does not. When it is overdue it is
 * counted as a failure against its source, unless somebody has logged in from there; elsewhere when the server has said
 * so. */
void judge_awaits(struct judge *judge, struct awaited *awaited, const struct attempt *attempt, uint64_t now_ns);
/* As judge_attempt, of what was awaited. What was presumed is not counted twice, and taken back where it was wrong. */
bool judge_answered(struct judge *judge, struct awaited *awaited, const struct attempt *attempt, uint64_t now_ns);
void judge_awaits_no_more(struct awaited *awaited);
/* What has become of a decision that counted presumed failures (its evidence is GP_E4_ATTEMPT): `confirmed` when all of
 * them were refused; else one of them was none, and the decision is to be taken back. From inside the judge. */
typedef void (*judge_settled_fn)(void *context, const struct rule *rule, const struct prefix *target, bool confirmed);
void judge_on_settled(struct judge *judge, judge_settled_fn on_settled, void *context);
struct presumed_tally {
	uint64_t presumed, taken_back; /* failures, since the start */
};
void judge_presumed_tally(const struct judge *judge, struct presumed_tally *ret_tally);

/* All that a judge hears, so that another one can be told the same: `on_hearing` (NULL: nobody listens) is called
 * before it is counted, from inside the judge. Of a connection that opens: `standing` is not filled in yet. */
enum hearing_kind {
	HEARD_CONNECTION,
	HEARD_HANDSHAKE,
	HEARD_ATTEMPT,
	HEARD_OPENED,
	HEARD_SETTLED,
	HEARD_CLOSED,
	HEARD_TICK, /* while anything is open */
};
struct hearing {
	enum hearing_kind what;
	uint64_t time_ns;
	uint64_t source; /* not of a tick */
	enum gp_service service;
	const struct fingerprint *fingerprint; /* of HEARD_HANDSHAKE */
	const struct attempt *attempt; /* of HEARD_ATTEMPT */
	struct standing *standing; /* of HEARD_OPENED to HEARD_CLOSED */
};
typedef void (*judge_hearing_fn)(void *context, const struct hearing *hearing);
void judge_on_hearing(struct judge *judge, judge_hearing_fn on_hearing, void *context);
void judge_hear(struct judge *judge, const struct hearing *hearing); /* tell it */

/* For rules that count over the fleet: `on_value` (NULL: nobody listens) is called with each value that such a rule
 * counts for a key, from inside the judge; judge_fleet_count tells how many different ones the whole fleet has seen for
 * that key in the rule's window, and may decide. */
typedef void (*judge_value_fn)(void *context, const struct rule *rule, uint64_t key, uint64_t value);
void judge_on_fleet_value(struct judge *judge, judge_value_fn on_value, void *context);
void judge_fleet_count(struct judge *judge, const char *rule, uint64_t key, uint32_t seen, uint64_t now_ns);

/* Somebody logged in from there, as another edge says: one account's worth of credit, and a ban becomes a limit where
 * its rule says so. In the order of time. */
void judge_success_elsewhere(struct judge *judge, uint64_t source, uint64_t then_ns);

/* An operator took a ban back: forget what was counted against it and its offences. */
void judge_forgive(struct judge *judge, const struct prefix *target);
/* Offences remembered from before a restart. */
void judge_remember(struct judge *judge, const struct prefix *target, uint32_t offences, uint64_t now_ns);
/* The same of one whose ban or limit is still in force: nothing weaker or shorter will be decided until then. */
void judge_resume(struct judge *judge, const struct offence *offence);

bool judge_source(const struct judge *judge, uint64_t source, uint64_t now_ns, struct source_record *ret_record);
/* How many of rule `index` stand against this source (or its prefix) now; 0 when the rule does not count it. */
uint32_t judge_count(const struct judge *judge, uint32_t index, uint64_t source, uint64_t now_ns);
/* What rule `index` has come to: shows whether a rule in shadow, or all of them in observe mode, would do harm. */
struct rule_tally {
	uint64_t decisions;
	uint64_t hurt; /* successful logins while the rule's ban stood or would have stood */
	uint32_t keys; /* counted now */
	uint64_t evictions; /* keys forgotten because there were too many */
};
void judge_rule_tally(const struct judge *judge, uint32_t index, struct rule_tally *ret_tally);
const struct ruleset *judge_ruleset(const struct judge *judge);
bool judge_guardrail_tripped(const struct judge *judge, const char **ret_why);
void judge_guardrail_reset(struct judge *judge);

#endif
