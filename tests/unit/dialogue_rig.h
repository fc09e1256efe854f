/* SPDX-License-Identifier: BSD-2-Clause */
/* A login inside TLS as an onlooker has it: who said how much and when, written down as a dialogue and played into a
 * shape. Included by each test program once.
 *
 *   c18 s183     the client says 18 bytes of plaintext, the server answers with 183, a moment later
 *   after 2s     ... the record before it came so much later: 40ms, 2s, 3h
 *   F S U        an outcome is told here: the failure, success or unknown of an attempt
 *   lost1400     so many bytes of the wire were not seen before the next record
 *   cacks        the client acknowledges all that the server said, with an empty packet
 *   cfin         the client says no more, and acknowledges what the server has said
 *   calert salert   an alert that says so on its outside (TLS 1.2)
 *   end          the connection is over; every dialogue ends with it
 *   |            nothing, for the eye
 *
 * What is known of the server is told in the same way: "failure 51 after 2s, success 415", as if a probe had seen it.
 */
#ifndef GATEPOST_TEST_DIALOGUE_RIG_H
#define GATEPOST_TEST_DIALOGUE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "user/read/tls_side.h"
#include "user/shape/shape.h"

#define RIG_MS 1000000ULL
#define RIG_PROBED 32 /* weight of what a probe has seen */
#define RIG_ANSWERS_MS 5
#define RIG_THINKS_MS 30
#define RIG_TELLS 40

enum rig_cipher {
	RIG_TLS_13,
	RIG_TLS_12, /* GCM */
	RIG_CBC, /* TLS 1.2, HMAC-SHA1: lengths are known to a block */
};

struct dialogue {
	const char *claim;
	enum gp_service service;
	const char *known; /* NULL: nothing */
	const char *said; /* with the outcomes where they are told */
	enum rig_cipher cipher;
	bool starttls;
	bool one_way; /* only the client's packets are seen: the server's are what they acknowledge */
	const char *outcomes; /* not NULL: these, in order, wherever they are told ("said" has none) */
	char never; /* not 0: anything but this outcome */
};

/* A row. The service is IMAP, POP3 or SMTP; inside TLS it does not matter how that began. */
#define TALK(claim_, service_, known_, said_, ...)                                                                     \
	{                                                                                                              \
		.claim = claim_, .service = RIG_##service_, .known = known_, .said = said_, __VA_ARGS__                \
	}
#define RIG_IMAP GP_SERVICE_IMAPS
#define RIG_POP3 GP_SERVICE_POP3S
#define RIG_SMTP GP_SERVICE_SUBMISSIONS

struct rig {
	struct shape *shape;
	struct tls tls;
	struct profile profile;
	enum rig_cipher cipher;
	bool one_way, over;
	uint64_t now_ns;
	uint32_t server_bytes; /* on the wire */
	uint32_t skipped_bytes;
	int speaker; /* enum gp_direction, of the last record; -1: none */
	enum shape_state state;
	struct shape_verdict verdict[RIG_TELLS];
	unsigned int verdicts, shown;
	struct shape_reply reply[RIG_TELLS];
	unsigned int replies;
	char told[2048];
};

static inline uint64_t rig_time_ns(const char *text)
{
	char *unit;
	const double count = strtod(text, &unit);

	return (uint64_t)(count * 1000) * (!strncmp(unit, "ms", 2)  ? RIG_MS / 1000
					   : !strncmp(unit, "h", 1) ? 3600 * RIG_MS
								    : RIG_MS);
}

static inline enum reply rig_reply(const char *word, size_t length)
{
	for (int reply = 0; reply < REPLY_MAX; reply++)
		if (strlen(reply_text((enum reply)reply)) == length &&
		    !strncmp(reply_text((enum reply)reply), word, length))
			return (enum reply)reply;
	fail_msg("no such reply: %s", word);
	return REPLY_MAX;
}

static inline struct profile rig_profile(enum gp_service service, const char *known)
{
	struct profile profile = {.protocol = (uint8_t)protocol_of(service), .origin = ORIGIN_PROBE};

	while (known && *known) {
		const size_t word = strcspn(known, " ");
		const enum reply reply = rig_reply(known, word);
		const size_t clause = strcspn(known, ",");
		const char *after = strstr(known, " after ");

		profile_note(&profile, reply, (uint16_t)strtoul(known + word, NULL, 10), RIG_PROBED);
		if (after && after < known + clause)
			profile_note_delay(&profile, reply, (uint32_t)(rig_time_ns(after + 7) / RIG_MS), RIG_PROBED);
		known += clause;
		known += strspn(known, ", ");
	}
	return profile;
}

static inline void rig_verdict(void *context, const struct shape_verdict *verdict)
{
	struct rig *rig = context;

	assert_in_range(rig->verdicts, 0, RIG_TELLS - 1);
	assert_true(verdict->confidence > -0.0001 && verdict->confidence < 1.0001);
	rig->verdict[rig->verdicts++] = *verdict;
}

static inline void rig_learned(void *context, const struct shape_reply *reply)
{
	struct rig *rig = context;

	assert_in_range(rig->replies, 0, RIG_TELLS - 1);
	rig->reply[rig->replies++] = *reply;
}

static inline void rig_open(struct rig *rig, const struct dialogue *row)
{
	const struct shape_options options = {.service = row->service,
					      .starttls = row->starttls,
					      .knowledge = {.server = &rig->profile},
					      .context = rig,
					      .verdict = rig_verdict,
					      .reply = rig_learned};
	const struct tls_overhead overhead = row->cipher == RIG_CBC      ? (struct tls_overhead){42, 57}
					     : row->cipher == RIG_TLS_12 ? (struct tls_overhead){29, 29}
									 : (struct tls_overhead){22, 22};

	memset(rig, 0, sizeof(*rig));
	rig->profile = rig_profile(row->service, row->known);
	rig->cipher = row->cipher;
	rig->one_way = row->one_way;
	rig->speaker = -1;
	rig->now_ns = 1000000 * RIG_MS;
	rig->tls.version = row->cipher == RIG_TLS_13 ? TLS_1_3 : TLS_1_2;
	rig->tls.overhead = overhead;
	rig->tls.state = TLS_ESTABLISHED;
	rig->tls.in.walk.records = 10;
	rig->tls.out.walk.records = row->one_way ? 0 : 10;
	assert_int_equal(shape_new(&rig->shape, &options), 0);
}

static inline struct tls_record rig_record(const struct rig *rig, int direction, uint32_t bytes)
{
	struct tls_record record = {.time_ns = rig->now_ns,
				    .direction = (uint8_t)direction,
				    .least_bytes = (uint16_t)bytes,
				    .most_bytes = (uint16_t)bytes,
				    .wire_bytes = (uint16_t)(bytes + rig->tls.overhead.least_bytes),
				    .skipped_bytes = rig->skipped_bytes};

	if (rig->cipher != RIG_CBC)
		return record;
	record.wire_bytes = (uint16_t)(5 + 16 + (bytes + 20 + 16) / 16 * 16);
	record.most_bytes = record.wire_bytes - rig->tls.overhead.least_bytes;
	record.least_bytes = (uint16_t)(record.most_bytes > 15 ? record.most_bytes - 15 : 0);
	return record;
}

static inline void rig_acknowledge(struct rig *rig, bool fin)
{
	shape_acknowledged(rig->shape, &rig->tls, rig->now_ns, 5000 + rig->server_bytes, fin);
}

static inline void rig_say(struct rig *rig, int direction, uint32_t bytes, bool alert)
{
	struct tls_record record = rig_record(rig, direction, bytes);

	record.alert = alert;
	rig->skipped_bytes = 0;
	rig->speaker = direction;
	if (direction == GP_OUT)
		rig->server_bytes += record.wire_bytes;
	if (direction == GP_IN)
		rig_acknowledge(rig, false);
	if (direction == GP_IN || !rig->one_way)
		rig->state = shape_record(rig->shape, &rig->tls, &record);
	else
		rig_acknowledge(rig, false);
}

static inline void rig_end(struct rig *rig)
{
	if (rig->one_way)
		rig->server_bytes++; /* its FIN */
	rig_acknowledge(rig, true);
	shape_end(rig->shape, &rig->tls);
	rig->over = true;
}

/* The time that passes before the record `word`, given what follows it. */
static inline void rig_wait(struct rig *rig, int direction, const char *next)
{
	if (!strncmp(next, "after ", 6))
		rig->now_ns += rig_time_ns(next + 6);
	else if (rig->speaker == direction)
		rig->now_ns += RIG_MS;
	else
		rig->now_ns += (direction == GP_OUT ? RIG_ANSWERS_MS : RIG_THINKS_MS) * RIG_MS;
}

static inline void rig_word(struct rig *rig, const char *word, const char *next)
{
	const int direction = word[0] == 'c' ? GP_IN : GP_OUT;

	if (!strncmp(word, "end", 3)) {
		rig_end(rig);
	} else if (!strncmp(word, "lost", 4)) {
		rig->skipped_bytes = (uint32_t)strtoul(word + 4, NULL, 10);
	} else if (!strncmp(word, "cacks", 5)) {
		rig_acknowledge(rig, false);
	} else if (!strncmp(word, "cfin", 4)) {
		rig_acknowledge(rig, true);
		shape_client_done(rig->shape);
	} else if (!strncmp(word + 1, "alert", 5)) {
		rig_wait(rig, direction, next);
		rig_say(rig, direction, 2, true);
	} else {
		assert_true((word[0] == 'c' || word[0] == 's') && word[1] >= '0' && word[1] <= '9');
		rig_wait(rig, direction, next);
		rig_say(rig, direction, (uint32_t)strtoul(word + 1, NULL, 10), false);
	}
}

static inline void rig_note(struct rig *rig, const char *word, size_t length)
{
	const size_t at = strlen(rig->told);

	if (at + length + 2 < sizeof(rig->told))
		snprintf(rig->told + at, sizeof(rig->told) - at, "%s%.*s", at ? " " : "", (int)length, word);
}

/* Plays, and writes down what was played and what was told where. */
static inline void rig_play(struct rig *rig, const char *said)
{
	while (*said) {
		const size_t length = strcspn(said, " ");
		const char *next = said + length + strspn(said + length, " ");
		const bool is_claim = length == 1 && strchr("FSU", *said);

		if (!is_claim)
			rig_note(rig, said, length);
		if (!is_claim && *said != '|' && strncmp(said, "after", 5) && (*said < '0' || *said > '9'))
			rig_word(rig, said, next);
		if (strncmp(next, "after", 5) && strncmp(said, "after", 5))
			for (; rig->shown < rig->verdicts; rig->shown++)
				rig_note(rig, &(char){outcome_letter(rig->verdict[rig->shown].outcome)}, 1);
		said = next;
	}
}

static inline void rig_close(struct rig *rig)
{
	shape_free(rig->shape);
}

static inline bool is_as_wanted(const struct dialogue *row, const struct rig *rig)
{
	char outcomes[RIG_TELLS + 1] = "";

	for (unsigned int i = 0; i < rig->verdicts; i++)
		outcomes[i] = outcome_letter(rig->verdict[i].outcome);
	if (row->never)
		return !strchr(outcomes, row->never);
	return row->outcomes ? !strcmp(outcomes, row->outcomes) : !strcmp(rig->told, row->said);
}

static inline bool dialogue_is_right(const struct dialogue *row)
{
	struct rig rig;

	rig_open(&rig, row);
	rig_play(&rig, row->said);
	rig_close(&rig);
	assert_true(rig.over);
	if (is_as_wanted(row, &rig))
		return true;
	print_error("%s\n  want %s\n  got  %s\n", row->claim, row->outcomes ? row->outcomes : row->said, rig.told);
	if (row->never)
		print_error("  but no %c at all\n", row->never);
	return false;
}

static inline void dialogues_check(const struct dialogue *rows, size_t count)
{
	int wrong = 0;

	for (size_t i = 0; i < count; i++)
		wrong += !dialogue_is_right(&rows[i]);
	assert_int_equal(wrong, 0);
}
#define DIALOGUES_CHECK(rows) dialogues_check(rows, sizeof(rows) / sizeof((rows)[0]))

#endif
