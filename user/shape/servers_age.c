/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known of a server, as time goes by: is it enough, and is it old? Nothing is learned here. */
#include <string.h>

#include "user/shape/servers.h"

#define LOGINS_KNOWN 4 /* replies to logins, seen so often, tell outcomes apart */
#define AGED_ABOVE 32 /* observations of a kind of reply: fewer are soon outweighed as they are */
#define S_PER_DAY 86400

static uint32_t delays_seen(const uint16_t *delay)
{
	uint32_t seen = 0;

	for (int i = 0; i < PROFILE_DELAYS; i++)
		seen += delay[i];
	return seen;
}

/* Who refuses a login a week must not be forgotten to do so in a week of good ones. Returns whether anything aged. */
static bool profile_age_where_ample(struct profile *profile)
{
	const struct profile before = *profile;
	const size_t bytes = sizeof(before.length[0]);
	uint32_t kept = 0;

	profile_age(profile);
	for (int reply = 0; reply < REPLY_MAX; reply++)
		if (profile_seen(&before, (enum reply)reply) <= AGED_ABOVE && ++kept)
			memcpy(profile->length[reply], before.length[reply], bytes);
	if (delays_seen(before.delay_failure) <= AGED_ABOVE && ++kept)
		memcpy(profile->delay_failure, before.delay_failure, sizeof(before.delay_failure));
	if (delays_seen(before.delay_success) <= AGED_ABOVE && ++kept)
		memcpy(profile->delay_success, before.delay_success, sizeof(before.delay_success));
	return kept < REPLY_MAX + 2;
}

void servers_age(struct servers *servers, uint64_t now_s)
{
	const uint64_t day = now_s / S_PER_DAY;
	struct server *server;
	uint32_t cursor = 0;

	while ((server = servers_each(servers, &cursor))) {
		if (!server->aged_day)
			server->aged_day = server->profile.changed_s / S_PER_DAY;
		if (day > server->aged_day && profile_age_where_ample(&server->profile))
			server->stored = false;
		server->aged_day = day; /* a clock that was set back has not made anything older */
	}
}

enum server_state server_state(const struct server *server)
{
	const bool known =
		profile_seen(&server->profile, REPLY_FAILURE) + profile_seen(&server->profile, REPLY_SUCCESS) >=
		LOGINS_KNOWN;

	if (server->strangers || (server->relearned && !known))
		return SERVER_RELEARNING;
	if (!known)
		return SERVER_LEARNING;
	return server->relearned ? SERVER_RELEARNED : SERVER_KNOWN;
}

const char *server_state_text(enum server_state state)
{
	static const char *const name[] = {
		[SERVER_LEARNING] = "learning",
		[SERVER_KNOWN] = "known",
		[SERVER_RELEARNING] = "relearning",
		[SERVER_RELEARNED] = "relearned",
	};

	return name[state];
}
