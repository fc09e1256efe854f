/* SPDX-License-Identifier: BSD-2-Clause */
/* From JSON to what is known of a server. Anybody may have written the file: sizes are bounded, a number out of its
 * range is an error that names the step. */
#include "user/adapters/profile_file.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#define TAG_BYTES 2 /* the transcripts' tag is "a1" */
#define STEPS_MAX 1024
#define DELAY_MAX_S 3600.0

struct reading {
	const char *name; /* of the file */
	struct fault *fault;
	struct profile profile;
	uint16_t weight; /* of a step without a count */
	unsigned int flags;
};

/* One length that a step has shown. */
struct shown {
	enum reply reply;
	uint16_t bytes, weight;
	bool counted; /* by gatepost, which knew what it was */
	bool worded; /* its text says what it is */
	bool numbered; /* ... and holds a number that is another each time */
	int64_t delay_ms; /* -1: not measured */
};

static int wanted(const struct reading *reading, const char *member, const char *what)
{
	return fault_set_at(reading->fault, EBADMSG, reading->name, 0, "'%s' wants %s", member, what);
}

/* ---- steps ----------------------------------------------------------------------------------------------------- */

/* "F:LOGIN:wrongpw" is an F. REPLY_MAX: nothing that a profile keeps. */
static enum reply reply_of(const char *name)
{
	static const struct {
		const char *name;
		enum reply reply;
	} known[] = {
		{"greeting", REPLY_GREETING}, {"ticket", REPLY_TICKET}, {"cap", REPLY_CAPABILITY},
		{"noop", REPLY_NOOP},         {"rset", REPLY_NOOP},     {"id", REPLY_ID},
		{"bad", REPLY_BAD},           {"logout", REPLY_LOGOUT}, {"user", REPLY_USER},
		{"cont", REPLY_PROMPT},       {"cont1", REPLY_PROMPT},  {"cont2", REPLY_CHALLENGE},
		{"F", REPLY_FAILURE},         {"S", REPLY_SUCCESS},     {"T", REPLY_TEMPORARY},
	};
	const size_t length = strcspn(name, ":");

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i].name) == length && !strncmp(known[i].name, name, length))
			return known[i].reply;
	return REPLY_MAX;
}

/* A prompt that is none is the refusal of a mechanism. */
static bool is_refusal(const char *text)
{
	return text && *text && text[0] != '+' && strncmp(text, "334", 3);
}

/* "<1896.697170952@dbc.mtview.ca.us>", for APOP (RFC 1939, 7). */
static bool has_timestamp(const char *text)
{
	const char *begin = text ? strchr(text, '<') : NULL, *at = begin ? strchr(begin, '@') : NULL;

	return at && strchr(at, '>');
}

static int bad_step(const struct reading *reading, size_t n, const char *name, const char *what)
{
	return fault_set_at(reading->fault, EBADMSG, reading->name, 0, "step %zu '%.32s': %s", n + 1, name, what);
}

/* 1: the step shows nothing. */
static int step_read(const struct reading *reading, const json_t *step, size_t n, struct shown *ret_shown)
{
	const char *name = json_string_value(json_object_get(step, "name"));
	const json_t *total = json_object_get(step, "total"), *dt = json_object_get(step, "dt");
	const json_t *count = json_object_get(step, "count");
	const char *text = json_string_value(json_object_get(step, "text"));
	struct shown shown = {.weight = reading->weight, .delay_ms = -1};
	json_int_t tag;

	if (!name)
		return bad_step(reading, n, "", "wants an object with a 'name'");
	shown.reply = reply_of(name);
	if (shown.reply == REPLY_MAX)
		return 1;
	if ((shown.reply == REPLY_PROMPT || shown.reply == REPLY_CHALLENGE) && is_refusal(text))
		shown.reply = REPLY_BAD;
	tag = reading->profile.protocol == PROTOCOL_IMAP && reply_is_tagged(shown.reply) ? TAG_BYTES : 0;
	if (!json_is_integer(total) || json_integer_value(total) < 0 || json_integer_value(total) > UINT16_MAX + tag)
		return bad_step(reading, n, name, "'total' wants the bytes of the reply, at most 65535");
	if (count && (json_integer_value(count) < 1 || json_integer_value(count) > UINT16_MAX))
		return bad_step(reading, n, name, "'count' wants a number from 1 to 65535");
	if (dt && !(json_is_number(dt) && json_number_value(dt) >= 0 && json_number_value(dt) <= DELAY_MAX_S))
		return bad_step(reading, n, name, "'dt' wants seconds from 0 to 3600");
	if (json_integer_value(total) <= tag)
		return 1; /* never answered */
	shown.bytes = (uint16_t)(json_integer_value(total) - tag);
	shown.counted = count;
	shown.worded = text && *text;
	shown.numbered = shown.reply == REPLY_GREETING && has_timestamp(text);
	shown.weight = count ? (uint16_t)json_integer_value(count) : shown.weight;
	shown.delay_ms = dt ? (int64_t)(json_number_value(dt) * 1000 + 0.5) : -1;
	*ret_shown = shown;
	return 0;
}

static bool knows_length(const struct profile *profile, enum reply reply, int bytes)
{
	for (int i = 0; i < PROFILE_LENGTHS; i++)
		if (profile->length[reply][i].seen && profile->length[reply][i].bytes == bytes)
			return true;
	return false;
}

/* Without its text, a challenge is told from a refusal by its length. A refusal as long as a failure teaches nothing,
 * and it would make every failure doubtful (Dovecot: "[ALERT] Unsupported authentication mechanism."; Courier answers
 * to "*" as to a wrong password). */
static void note_by_others(struct reading *reading, const struct shown *shown)
{
	struct profile *profile = &reading->profile;
	const int tag = profile->protocol == PROTOCOL_IMAP ? TAG_BYTES : 0;

	if (shown->reply != REPLY_BAD && !shown->worded && knows_length(profile, REPLY_BAD, shown->bytes - tag))
		return;
	if (shown->reply == REPLY_BAD && knows_length(profile, REPLY_FAILURE, shown->bytes))
		return;
	profile_note(profile, shown->reply, shown->bytes, shown->weight);
}

static void note(struct reading *reading, const struct shown *shown)
{
	if (shown->reply == REPLY_SUCCESS && reading->flags & PROFILE_WITHOUT_SUCCESS)
		return;
	profile_note(&reading->profile, shown->reply, shown->bytes, shown->weight);
	if (shown->numbered) /* one digit less is the next most frequent */
		profile_note(&reading->profile, shown->reply, shown->bytes - 1, 1);
	if (shown->delay_ms >= 0)
		profile_note_delay(&reading->profile, shown->reply, (uint32_t)shown->delay_ms, shown->weight);
}

/* The answers to an exchange's start, and to one that is given up, come second: what they are is told by the others. */
static int steps_read(struct reading *reading, const json_t *steps)
{
	const json_t *step;
	struct shown shown = {0};
	size_t n;
	int result;

	if (!json_is_array(steps) || json_array_size(steps) > STEPS_MAX)
		return wanted(reading, "steps", "a list of at most 1024 steps");
	for (int second = 0; second < 2; second++)
		json_array_foreach(steps, n, step)
		{
			const char *name = json_string_value(json_object_get(step, "name"));
			const bool told_by_others = name && (!strncmp(name, "cont", 4) || !strncmp(name, "bad:", 4));

			result = step_read(reading, step, n, &shown);
			if (result < 0)
				return result;
			if (result || told_by_others != second)
				continue;
			if (told_by_others && !shown.counted)
				note_by_others(reading, &shown);
			else
				note(reading, &shown);
		}
	return 0;
}

/* ---- what stands above the steps ------------------------------------------------------------------------------- */

static int protocol_read(struct reading *reading, const json_t *root)
{
	const char *text = json_string_value(json_object_get(root, "proto"));

	for (int i = PROTOCOL_IMAP; i <= PROTOCOL_SMTP; i++)
		if (text && !strcmp(text, protocol_text((enum protocol)i))) {
			reading->profile.protocol = (uint8_t)i;
			return 0;
		}
	return wanted(reading, "proto", "imap, pop3 or smtp");
}

static int origin_read(struct reading *reading, const json_t *root)
{
	const json_t *origin = json_object_get(root, "origin");
	const char *text = json_string_value(origin);

	reading->profile.origin = ORIGIN_PROBE;
	for (int i = ORIGIN_NONE; origin; i++) {
		if (i > ORIGIN_PROBE)
			return wanted(reading, "origin", "probe, learned, builtin or none");
		if (text && !strcmp(text, origin_text((enum origin)i))) {
			reading->profile.origin = (uint8_t)i;
			break;
		}
	}
	reading->weight = reading->profile.origin == ORIGIN_BUILTIN ? PROFILE_BUILTIN_WEIGHT : PROFILE_PROBE_WEIGHT;
	return 0;
}

static int time_read(const struct reading *reading, const json_t *root, const char *member, uint64_t *ret_s)
{
	const json_t *value = json_object_get(root, member);

	if (value && (!json_is_integer(value) || json_integer_value(value) < 0))
		return wanted(reading, member, "seconds since 1970");
	*ret_s = (uint64_t)json_integer_value(value);
	return 0;
}

static int delays_read(const struct reading *reading, const json_t *root, const char *member, uint16_t *ret_delays)
{
	const json_t *list = json_object_get(root, member), *weight;
	size_t n;

	if (!list)
		return 0;
	if (!json_is_array(list) || json_array_size(list) != PROFILE_DELAYS)
		return wanted(reading, member, "a list of eight weights");
	json_array_foreach(list, n, weight)
	{
		if (!json_is_integer(weight) || json_integer_value(weight) < 0 ||
		    json_integer_value(weight) > UINT16_MAX)
			return wanted(reading, member, "weights from 0 to 65535");
		ret_delays[n] = (uint16_t)json_integer_value(weight);
	}
	return 0;
}

static int key_read(const struct reading *reading, const json_t *root, struct profile_key *ret_key)
{
	const char *host = json_string_value(json_object_get(root, "host"));
	const json_int_t port = json_integer_value(json_object_get(root, "port"));
	struct profile_key key;

	if (!host || addr_parse(host, &key.server))
		return fault_set_at(reading->fault, EBADMSG, reading->name, 0,
				    "'host' wants an address such as 192.0.2.10 or 2001:db8::1, got '%.64s'",
				    host ? host : "");
	if (port < 1 || port > UINT16_MAX)
		return wanted(reading, "port", "a number from 1 to 65535");
	key.port = (uint16_t)port;
	*ret_key = key;
	return 0;
}

static int root_read(struct reading *reading, const json_t *root, struct profile_key *ret_key)
{
	struct profile_key key = {0};
	int err = protocol_read(reading, root);

	if (!err)
		err = origin_read(reading, root);
	if (!err)
		err = time_read(reading, root, "made", &reading->profile.made_s);
	if (!err)
		err = time_read(reading, root, "changed", &reading->profile.changed_s);
	if (!err)
		err = delays_read(reading, root, "delay_failure", reading->profile.delay_failure);
	if (!err && !(reading->flags & PROFILE_WITHOUT_SUCCESS))
		err = delays_read(reading, root, "delay_success", reading->profile.delay_success);
	if (!err)
		err = steps_read(reading, json_object_get(root, "steps"));
	if (!err && ret_key)
		err = key_read(reading, root, &key);
	if (!err && ret_key)
		*ret_key = key;
	return err;
}

/* The text may quote the file, and end up on a terminal. */
static void fault_clean(struct fault *fault)
{
	for (char *at = fault ? fault->text : NULL; at && *at; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
}

int profile_read_text(const char *name, const char *text, unsigned int flags, struct profile *ret_profile,
		      struct profile_key *ret_key, struct fault *fault)
{
	struct reading reading = {.name = name, .fault = fault, .flags = flags};
	json_error_t error;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	int err;

	if (root)
		err = root_read(&reading, root, ret_key);
	else
		err = fault_set_at(fault, EBADMSG, name, error.line > 0 ? (unsigned int)error.line : 0,
				   "not a profile: %s", error.text);
	json_decref(root);
	if (err)
		fault_clean(fault);
	else
		*ret_profile = reading.profile;
	return err;
}
