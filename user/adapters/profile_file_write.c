/* SPDX-License-Identifier: BSD-2-Clause */
/* To JSON, a step a line, so that two profiles can be compared with diff. */
#include "user/adapters/profile_file.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAG "a1"

/* ---- what was learned ------------------------------------------------------------------------------------------ */

static const char *step_name(enum reply reply)
{
	static const char *const name[REPLY_MAX] = {
		[REPLY_GREETING] = "greeting", [REPLY_TICKET] = "ticket", [REPLY_CAPABILITY] = "cap",
		[REPLY_NOOP] = "noop",         [REPLY_ID] = "id",         [REPLY_BAD] = "bad",
		[REPLY_LOGOUT] = "logout",     [REPLY_USER] = "user",     [REPLY_PROMPT] = "cont",
		[REPLY_CHALLENGE] = "cont2",   [REPLY_FAILURE] = "F",     [REPLY_SUCCESS] = "S",
		[REPLY_TEMPORARY] = "T",
	};

	return name[reply];
}

static json_t *delays(const uint16_t *weight)
{
	json_t *list = json_array();

	for (int i = 0; i < PROFILE_DELAYS; i++)
		json_array_append_new(list, json_integer(weight[i]));
	return list;
}

static json_t *steps_of_profile(const struct profile *profile)
{
	json_t *steps = json_array();

	for (int reply = 0; reply < REPLY_MAX; reply++)
		for (int i = 0; i < PROFILE_LENGTHS; i++) {
			const struct reply_length *length = &profile->length[reply][i];
			const bool tagged = profile->protocol == PROTOCOL_IMAP && reply_is_tagged((enum reply)reply);

			if (length->seen)
				json_array_append_new(steps, json_pack("{s:s, s:i, s:i}", "name",
								       step_name((enum reply)reply), "total",
								       length->bytes + (tagged ? (int)strlen(TAG) : 0),
								       "count", length->seen));
		}
	return steps;
}

/* ---- what a probe saw ------------------------------------------------------------------------------------------ */

static json_t *step_of(const struct transcript_step *step)
{
	json_t *records = json_array();

	for (uint32_t i = 0; i < step->records; i++)
		json_array_append_new(records, json_integer(step->record_bytes[i]));
	if (step->closed)
		json_array_append_new(records, json_string("EOF"));
	return json_pack("{s:s, s:I, s:o, s:f, s:s, s:I}", "name", step->name, "sent", (json_int_t)step->sent_bytes,
			 "recv", records, "dt", step->delay_ms / 1000.0, "text", step->text, "total",
			 (json_int_t)step->total_bytes);
}

static json_t *steps_of_transcript(const struct probe_transcript *transcript)
{
	json_t *steps = json_array();

	for (uint32_t i = 0; i < transcript->steps; i++)
		json_array_append_new(steps, step_of(&transcript->step[i]));
	return steps;
}

/* ---- text ------------------------------------------------------------------------------------------------------ */

static void write_member(FILE *file, const char *name, const json_t *value)
{
	if (strcmp(name, "host"))
		fputs(",\n", file);
	fprintf(file, " \"%s\": ", name);
	json_dumpf(value, file, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
}

static void write_steps(FILE *file, const json_t *steps)
{
	const json_t *step;
	size_t n;

	fputs(",\n \"steps\": [", file);
	json_array_foreach(steps, n, step)
	{
		fputs(n ? ",\n  " : "\n  ", file);
		json_dumpf(step, file, JSON_REAL_PRECISION(9));
	}
	fputs("]}\n", file);
}

/* Consumes `root`; steps stand last and a line each. NULL anywhere: no memory. */
static char *text_of(json_t *root)
{
	char *text = NULL;
	size_t size;
	FILE *file = root ? open_memstream(&text, &size) : NULL;
	const char *name;
	json_t *value;

	if (!file) {
		json_decref(root);
		return NULL;
	}
	putc('{', file);
	json_object_foreach(root, name, value) if (strcmp(name, "steps")) write_member(file, name, value);
	write_steps(file, json_object_get(root, "steps"));
	json_decref(root);
	if (fclose(file)) {
		free(text);
		return NULL;
	}
	return text;
}

char *profile_write_text(const struct profile *profile, const struct profile_key *key)
{
	char host[ADDR_TEXT_BYTES];

	return text_of(json_pack("{s:s, s:i, s:s, s:s, s:I, s:I, s:o, s:o, s:o}", "host", addr_text(&key->server, host),
				 "port", key->port, "proto", protocol_text((enum protocol)profile->protocol), "origin",
				 origin_text((enum origin)profile->origin), "made", (json_int_t)profile->made_s,
				 "changed", (json_int_t)profile->changed_s, "delay_failure",
				 delays(profile->delay_failure), "delay_success", delays(profile->delay_success),
				 "steps", steps_of_profile(profile)));
}

char *transcript_write_text(const struct probe_transcript *transcript)
{
	char host[ADDR_TEXT_BYTES];

	return text_of(json_pack("{s:s, s:i, s:s, s:s, s:s, s:I, s:I, s:o}", "host",
				 addr_text(&transcript->server, host), "port", transcript->port, "proto",
				 protocol_text((enum protocol)transcript->protocol), "name", transcript->host, "origin",
				 origin_text(ORIGIN_PROBE), "made", (json_int_t)transcript->made_s, "changed",
				 (json_int_t)transcript->made_s, "steps", steps_of_transcript(transcript)));
}
