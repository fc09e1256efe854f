/* SPDX-License-Identifier: BSD-2-Clause */
/* A scenario: which servers there are, who uses them, and who attacks them how. The file format is libconfuse's, as in
 * gatepost.conf; rules/scenarios/ has a dozen of them, and docs/research.md explains every setting. */
#ifndef GATEPOST_SYNTH_SCENARIO_H
#define GATEPOST_SYNTH_SCENARIO_H

#include "user/core/fault.h"
#include "user/synth/event.h"

#define SCENARIO_SERVERS_MAX 16
#define SCENARIO_ACTORS_MAX 64
#define SCENARIO_NAME_BYTES 32
#define SCENARIO_MIX_MAX 12
#define SCENARIO_HOURS 24
/* Scenarios begin in the week of Monday, 2 March 2026, 00:00 UTC. */
#define SCENARIO_MONDAY_NS 1772409600000000000ULL

enum synth_software {
	SYNTH_DOVECOT,
	SYNTH_COURIER,
	SYNTH_CYRUS,
	SYNTH_NGINX,
	SYNTH_POSTFIX,
	SYNTH_EXIM,
};

struct scenario_server {
	char name[SCENARIO_NAME_BYTES];
	struct addr address[2]; /* of IPv4, of IPv6 */
	enum synth_software imap, pop3, smtp;
	bool hurried; /* does not make who failed wait */
	bool tls_1_2; /* offers no TLS 1.3 */
};

/* One of several, each as likely as its weight says. */
struct scenario_choice {
	uint8_t what, transport; /* enum gp_service and enum transport, or enum synth_client and nothing */
	uint32_t weight;
};
struct scenario_mix {
	uint32_t count, weights; /* weights: their sum */
	struct scenario_choice choice[SCENARIO_MIX_MAX];
};

/* People, and their programs. */
struct scenario_population {
	uint32_t users; /* accounts, and who they belong to */
	uint64_t moves_ns; /* a user is at another source after this time; 0: never */
	uint64_t logins; /* a user, in thousandths a day; 0: `every` says */
	uint64_t every_ns; /* a program asks as regularly as this; 0: `logins` says */
	uint16_t hours[SCENARIO_HOURS]; /* how busy each hour of the day is, relative to the others */
	uint32_t weekend; /* Saturday and Sunday, in parts in a million of other days */
	uint64_t stays_ns; /* how long who logged in stays, on average */
	uint32_t mistypes; /* logins whose password is mistyped at first, parts in a million */
	uint32_t forgets; /* of these, those who do not know it any more and try what it may have been, likewise */
	uint32_t stale; /* users with a forgotten device that has an old password, parts in a million */
	uint64_t stale_every_ns, stale_for_ns; /* it tries as often as this, and for as long as this on average */
};

enum scenario_list {
	SCENARIO_STUFFING, /* pairs of account and password, leaked elsewhere: each once */
	SCENARIO_SPRAY, /* a password on all accounts, then the next one */
	SCENARIO_GUESSING, /* all passwords on an account, then the next one */
};

struct scenario_attack {
	uint64_t begins_ns, lasts_ns; /* since the scenario began */
	char behind[SCENARIO_NAME_BYTES]; /* its sources are those of this population; "": its own */
	uint32_t behind_actor; /* index of that population */
	uint64_t rate; /* connections, all sources together, in thousandths a day; 0: `tries` and `pause` say */
	uint32_t tries; /* a source in all, on average, in thousandths; 0: until the attack is over */
	uint32_t per_connection; /* tries */
	uint32_t parallel; /* connections of one source */
	uint64_t pause_ns; /* between a connection's end and the next of the same source, on average */
	bool steady; /* always as long as that: who knows a threshold stays below it */
	uint64_t thinks_ns; /* between an answer and the next try */
	uint64_t holds_ns; /* what a connection without tries lasts, and what lasts a try to its end */
	enum scenario_list list;
	uint32_t accounts, passwords; /* on its list */
	uint32_t known; /* accounts of the list that exist, parts in a million */
	uint32_t right; /* passwords that are right, where the account exists */
	uint32_t unanswered; /* connections that are given up before the last answer */
	enum synth_end leaves;
};

struct scenario_place {
	struct addr prefix;
	uint8_t bits; /* of 128, also for IPv4 */
};

struct scenario_actor {
	char name[SCENARIO_NAME_BYTES];
	bool attack;
	uint32_t sources; /* addresses, or prefixes of each_bits */
	struct scenario_place place; /* what they are in; bits 0: in that of another actor */
	uint8_t each_bits; /* of 128: what a source has for itself */
	struct scenario_mix services, programs;
	struct scenario_population population;
	struct scenario_attack against;
};

struct scenario {
	uint64_t begins_ns; /* since 1970 */
	uint64_t lasts_ns;
	uint32_t servers, actors;
	struct scenario_server server[SCENARIO_SERVERS_MAX];
	struct scenario_actor actor[SCENARIO_ACTORS_MAX]; /* populations before attacks */
};

/* `name` stands in the faults. -EINVAL with the line and what was expected, -ENOMEM. The caller frees. */
int scenario_read(struct scenario **ret_scenario, const char *name, const char *text, struct fault *fault);
void scenario_free(struct scenario *scenario);

/* Users, sources and rates times parts_in_a_million: a world that is smaller, or larger, in the same proportions.
 * -ERANGE where its addresses do not suffice. */
int scenario_scale(struct scenario *scenario, uint64_t parts_in_a_million, struct fault *fault);

const char *synth_software_text(enum synth_software software);
/* How long this server makes who failed wait. */
uint64_t scenario_failure_delay_ns(const struct scenario_server *server, enum gp_service service);

#endif
