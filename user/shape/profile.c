/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/shape/profile.h"

static const char *const reply_name[REPLY_MAX] = {
	[REPLY_GREETING] = "greeting",   [REPLY_TICKET] = "ticket",   [REPLY_CAPABILITY] = "capability",
	[REPLY_NOOP] = "noop",           [REPLY_ID] = "id",           [REPLY_BAD] = "bad",
	[REPLY_LOGOUT] = "logout",       [REPLY_USER] = "user",       [REPLY_PROMPT] = "prompt",
	[REPLY_CHALLENGE] = "challenge", [REPLY_FAILURE] = "failure", [REPLY_SUCCESS] = "success",
	[REPLY_TEMPORARY] = "temporary",
};

const char *reply_text(enum reply reply)
{
	return (unsigned int)reply < REPLY_MAX ? reply_name[reply] : "unknown";
}

bool reply_is_tagged(enum reply reply)
{
	switch (reply) {
	case REPLY_CAPABILITY:
	case REPLY_NOOP:
	case REPLY_ID:
	case REPLY_BAD:
	case REPLY_LOGOUT:
	case REPLY_FAILURE:
	case REPLY_SUCCESS:
	case REPLY_TEMPORARY:
		return true;
	default:
		return false;
	}
}

const char *origin_text(enum origin origin)
{
	static const char *const name[] = {
		[ORIGIN_NONE] = "none",
		[ORIGIN_BUILTIN] = "builtin",
		[ORIGIN_LEARNED] = "learned",
		[ORIGIN_PROBE] = "probe",
	};

	return (unsigned int)origin <= ORIGIN_PROBE ? name[origin] : "none";
}

enum protocol protocol_of(enum gp_service service)
{
	switch (service) {
	case GP_SERVICE_IMAP:
	case GP_SERVICE_IMAPS:
		return PROTOCOL_IMAP;
	case GP_SERVICE_POP3:
	case GP_SERVICE_POP3S:
		return PROTOCOL_POP3;
	default:
		return PROTOCOL_SMTP;
	}
}

const char *protocol_text(enum protocol protocol)
{
	static const char *const name[] = {
		[PROTOCOL_IMAP] = "imap",
		[PROTOCOL_POP3] = "pop3",
		[PROTOCOL_SMTP] = "smtp",
	};

	return (unsigned int)protocol <= PROTOCOL_SMTP ? name[protocol] : "unknown";
}

static void lengths_age(struct reply_length *length)
{
	for (int i = 0; i < PROFILE_LENGTHS; i++)
		length[i].seen /= 2;
}

static void delays_age(uint16_t *delay)
{
	for (int i = 0; i < PROFILE_DELAYS; i++)
		delay[i] /= 2;
}

/* Where `bytes` is kept, or else where it may be: what is free has been seen least of all. */
static struct reply_length *lengths_find(struct reply_length *length, uint16_t bytes)
{
	struct reply_length *least = length;

	for (int i = 0; i < PROFILE_LENGTHS; i++) {
		if (length[i].seen && length[i].bytes == bytes)
			return &length[i];
		if (length[i].seen < least->seen)
			least = &length[i];
	}
	return least;
}

void profile_note(struct profile *profile, enum reply reply, uint16_t bytes, uint16_t weight)
{
	struct reply_length *length;

	if ((unsigned int)reply >= REPLY_MAX || !bytes || !weight)
		return;
	length = lengths_find(profile->length[reply], bytes);
	if (!length->seen || length->bytes != bytes)
		*length = (struct reply_length){.bytes = bytes};
	/* Halving the whole row, not stopping at the limit, keeps its proportions true. */
	while (length->seen > UINT16_MAX - weight)
		lengths_age(profile->length[reply]);
	length->seen += weight;
}

static unsigned int delay_slot(uint32_t delay_ms)
{
	static const uint32_t below_ms[PROFILE_DELAYS - 1] = {30, 100, 300, 800, 1600, 3200, 6400};
	unsigned int slot = 0;

	while (slot < PROFILE_DELAYS - 1 && delay_ms >= below_ms[slot])
		slot++;
	return slot;
}

void profile_note_delay(struct profile *profile, enum reply reply, uint32_t delay_ms, uint16_t weight)
{
	unsigned int slot = delay_slot(delay_ms);
	uint16_t *delay;

	if (reply == REPLY_FAILURE)
		delay = profile->delay_failure;
	else if (reply == REPLY_SUCCESS)
		delay = profile->delay_success;
	else
		return;
	while (delay[slot] > UINT16_MAX - weight)
		delays_age(delay);
	delay[slot] += weight;
}

uint32_t profile_seen(const struct profile *profile, enum reply reply)
{
	uint32_t seen = 0;

	if ((unsigned int)reply >= REPLY_MAX)
		return 0;
	for (int i = 0; i < PROFILE_LENGTHS; i++)
		seen += profile->length[reply][i].seen;
	return seen;
}

void profile_age(struct profile *profile)
{
	for (int reply = 0; reply < REPLY_MAX; reply++)
		lengths_age(profile->length[reply]);
	delays_age(profile->delay_failure);
	delays_age(profile->delay_success);
}

uint16_t profile_most_seen(const struct profile *profile, enum reply reply)
{
	const struct reply_length *length = profile->length[reply], *most = length;

	for (int i = 1; i < PROFILE_LENGTHS; i++)
		if (length[i].seen > most->seen)
			most = &length[i];
	return most->seen ? most->bytes : 0;
}

bool profile_says(const struct profile *profile, enum reply reply, uint16_t bytes)
{
	for (int i = 0; i < PROFILE_LENGTHS; i++)
		if (profile->length[reply][i].seen && profile->length[reply][i].bytes == bytes)
			return true;
	return false;
}

int profile_likeness(const struct profile *profile, const struct profile *family)
{
	static const enum reply compared[] = {REPLY_NOOP, REPLY_BAD,     REPLY_LOGOUT,
					      REPLY_USER, REPLY_FAILURE, REPLY_SUCCESS};
	int alike = 0;

	for (unsigned int i = 0; i < sizeof(compared) / sizeof(compared[0]); i++) {
		const uint16_t bytes = profile_most_seen(profile, compared[i]);

		if (bytes && profile_seen(family, compared[i]))
			alike += profile_says(family, compared[i], bytes) ? 1 : -2;
	}
	return alike;
}
