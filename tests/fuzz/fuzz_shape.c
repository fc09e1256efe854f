/* SPDX-License-Identifier: BSD-2-Clause */
/* Hostile records. The first bytes are the service, the connection and what is known of the server (length and weight
 * of each kind of reply); then come events of six bytes: a record of either side, an alert, bytes that were skipped,
 * an acknowledgement, time. What must hold: nothing breaks or stalls, no more outcomes than there is room for in what
 * the client said, however often the server speaks, at most one success, nothing but unknown where the server pads,
 * nothing after the end. */
#include <stdlib.h>
#include <string.h>

#include "user/read/tls_side.h"
#include "user/shape/shape.h"

#define EVENT_BYTES 6
#define HEAD_BYTES (3 + 3 * REPLY_MAX)
#define MS 1000000ULL

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct heard {
	unsigned int outcomes[3]; /* enum outcome */
	unsigned int outcomes_all, turns; /* at most */
	uint64_t said_bytes; /* by the client */
	bool plain; /* a record of the server's was not padded, or may not have been */
	uint64_t mix; /* of all that was told, in order */
	bool over;
};

static void on_verdict(void *context, const struct shape_verdict *verdict)
{
	struct heard *heard = context;

	if (heard->over || verdict->outcome > OUTCOME_FAILURE)
		abort();
	if (!(verdict->confidence >= -0.001 && verdict->confidence <= 1.001))
		abort();
	heard->outcomes[verdict->outcome]++;
	heard->outcomes_all++;
	heard->mix = heard->mix * 31 + verdict->outcome;
}

static void on_reply(void *context, const struct shape_reply *reply)
{
	struct heard *heard = context;

	if ((unsigned int)reply->reply >= REPLY_MAX)
		abort();
	heard->mix = heard->mix * 31 + reply->reply * 7 + reply->bytes;
}

static uint16_t two(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static struct profile profile_of(const uint8_t *bytes, enum gp_service service)
{
	struct profile profile = {.protocol = (uint8_t)protocol_of(service)};

	for (int reply = 0; reply < REPLY_MAX; reply++) {
		const uint8_t *kind = bytes + 3 * reply;

		profile_note(&profile, (enum reply)reply, two(kind) & 0x7ff, kind[2] & 63);
		if (kind[2] >> 6 == 3) /* one more of them */
			profile_note(&profile, (enum reply)reply, two(kind) >> 5, kind[2] & 7);
		profile_note_delay(&profile, (enum reply)reply, kind[1] * 20U, kind[2] & 31);
	}
	return profile;
}

static struct tls tls_of(uint8_t byte)
{
	static const struct tls_overhead overheads[] = {{22, 22}, {29, 29}, {42, 57}, {0, 0}};
	struct tls tls = {.version = byte & 4 ? TLS_1_3 : TLS_1_2, .overhead = overheads[byte & 3]};

	tls.in.walk.records = 1;
	tls.out.walk.records = byte & 8 ? 0 : 1;
	return tls;
}

struct talk {
	struct shape *shape;
	struct tls tls;
	uint64_t now_ns;
	uint32_t skipped_bytes;
	struct heard *heard;
};

static void say(struct talk *talk, uint8_t kind, const uint8_t *event)
{
	const uint16_t most = two(event + 1), hidden = event[3] & 15;
	const struct tls_record record = {
		.time_ns = talk->now_ns,
		.direction = kind & 1 ? GP_OUT : GP_IN,
		.alert = kind & 2,
		.least_bytes = talk->tls.overhead.least_bytes == talk->tls.overhead.most_bytes ? most
			       : most > hidden                                                 ? most - hidden
											       : 0,
		.most_bytes = most,
		.wire_bytes = most < UINT16_MAX - 64 ? most + 57 : UINT16_MAX,
		.skipped_bytes = talk->skipped_bytes,
	};

	if (record.direction == GP_IN) {
		talk->heard->turns++;
		talk->heard->said_bytes += most + talk->skipped_bytes;
	} else if (tls_version(&talk->tls) != TLS_1_3 || most % 64 != 63) {
		talk->heard->plain = true;
	}
	talk->skipped_bytes = 0;
	shape_record(talk->shape, &talk->tls, &record);
}

/* A kind, two bytes of length, two of time or more length, one of change. */
static void play(struct talk *talk, const uint8_t *event)
{
	const uint8_t kind = event[0] & 7;

	talk->now_ns += (uint64_t)(two(event + 4) & 0xff) << (event[4] >> 4 & 7) * 2 << 16;
	if (event[0] & 0x40) /* time that goes backwards: a packet that came late */
		talk->now_ns -= talk->now_ns > MS ? MS : 0;
	switch (kind) {
	case 4:
		talk->skipped_bytes = two(event + 1) * (event[3] + 1U);
		break;
	case 5:
		talk->heard->plain = true;
		shape_acknowledged(talk->shape, &talk->tls, talk->now_ns, two(event + 1) * (event[3] + 1U),
				   event[0] & 8);
		break;
	case 6:
		talk->tls = tls_of(event[1]);
		talk->heard->plain = true;
		break;
	case 7:
		talk->heard->turns++;
		shape_client_done(talk->shape);
		break;
	default:
		say(talk, kind, event);
	}
}

static void listen(const uint8_t *bytes, size_t size, struct heard *heard)
{
	static const enum gp_service services[] = {GP_SERVICE_IMAPS, GP_SERVICE_POP3S, GP_SERVICE_SUBMISSIONS};
	const enum gp_service service = services[bytes[0] % 3];
	const struct profile profile = profile_of(bytes + 3, service), blank = {.protocol = profile.protocol};
	const struct shape_options options = {
		.service = service,
		.starttls = bytes[1] & 1,
		.knowledge = {.server = bytes[1] & 2 ? &blank : &profile,
			      .common = bytes[1] & 4 ? &profile : NULL,
			      .alike = bytes[1] & 8},
		.context = heard,
		.verdict = on_verdict,
		.reply = bytes[1] & 16 ? NULL : on_reply,
	};
	struct talk talk = {.tls = tls_of(bytes[2]), .now_ns = 1000 * MS, .heard = heard};

	memset(heard, 0, sizeof(*heard));
	if (shape_new(&talk.shape, &options))
		abort();
	for (size_t at = HEAD_BYTES; at + EVENT_BYTES <= size; at += EVENT_BYTES)
		play(&talk, bytes + at);
	shape_end(talk.shape, &talk.tls);
	heard->over = true;
	if (size >= HEAD_BYTES + EVENT_BYTES)
		play(&talk, bytes + HEAD_BYTES);
	shape_end(talk.shape, &talk.tls);
	shape_free(talk.shape);
}

/* One a turn, and what else there is room for: with what was carried into the next turn, twice. One more was begun and
 * never ended. */
static unsigned int outcomes_most(const struct heard *heard, uint8_t service)
{
	static const uint8_t attempt_bytes[] = {13, 16, 17};

	return heard->turns + (unsigned int)(2 * heard->said_bytes / attempt_bytes[service % 3]) + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct heard first, again;

	if (size < HEAD_BYTES || size > HEAD_BYTES + 400 * EVENT_BYTES)
		return -1;
	listen(bytes, size, &first);
	if (first.outcomes_all > outcomes_most(&first, bytes[0]))
		abort();
	if (!first.plain && first.outcomes_all > first.outcomes[OUTCOME_UNKNOWN])
		abort();
	if (first.outcomes[OUTCOME_SUCCESS] > 1)
		abort();
	listen(bytes, size, &again);
	if (first.mix != again.mix || first.outcomes_all != again.outcomes_all)
		abort();
	return 0;
}
