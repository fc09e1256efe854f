/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/accuracy_known.h"

#include <stdio.h>
#include <string.h>

#include "user/adapters/profile_file.h"

#define SERVERS_MAX 1024

struct builtin {
	struct servers *servers;
	const char *without;
};

bool is_family_of(const char *profile_name, const char *software)
{
	char family[32];

	snprintf(family, sizeof(family), "%.*s", (int)strcspn(profile_name, "-"), profile_name);
	return strcasestr(software, family) != NULL;
}

static void put_builtin(void *context, const char *name, const struct profile *profile)
{
	const struct builtin *builtin = context;

	if (!builtin->without || !is_family_of(name, builtin->without))
		servers_common(builtin->servers, profile);
}

bool known_probe(const struct corpus *corpus, const char *file, struct profile *ret_profile, uint16_t *ret_port)
{
	struct profile_key key;
	struct fault fault;
	char path[512];

	snprintf(path, sizeof(path), "%s/profiles/%s", corpus->directory, file);
	if (!file[0] || profile_load(path, PROFILE_WITHOUT_SUCCESS, ret_profile, &key, &fault))
		return false;
	*ret_port = key.port;
	return true;
}

size_t known_probes(const struct corpus *corpus)
{
	struct profile profile;
	uint16_t port;
	size_t probed = 0;

	for (size_t i = 0; i < corpus->labels.count; i++)
		probed += known_probe(corpus, corpus->labels.row[i].profile, &profile, &port);
	return probed;
}

/* A transcript is of one port; other ports of the server have other greetings. */
static void put_probes(const struct corpus *corpus, struct servers *servers)
{
	for (size_t i = 0; i < corpus->labels.count; i++) {
		const struct label_row *row = &corpus->labels.row[i];
		struct profile profile;
		uint16_t port;

		if (servers_find(servers, &row->server, row->server_port) ||
		    !known_probe(corpus, row->profile, &profile, &port))
			continue;
		if (port != row->server_port)
			memset(profile.length[REPLY_GREETING], 0, sizeof(profile.length[REPLY_GREETING]));
		servers_put(servers, &row->server, row->server_port, &profile);
	}
}

struct servers *known_servers(const struct corpus *corpus, const struct known *known)
{
	const struct servers_options options = {
		.servers_max = SERVERS_MAX,
		.seed = 1,
		.learn = known->learn,
		.context = known->context,
		.changed = known->changed,
	};
	struct builtin builtin = {.without = known->without};

	if (servers_new(&builtin.servers, &options))
		die("out of memory");
	if (known->builtin)
		profiles_builtin(put_builtin, &builtin);
	if (known->probe)
		put_probes(corpus, builtin.servers);
	return builtin.servers;
}

struct servers *known_frozen(const struct corpus *corpus, const struct known *known, const struct servers *learned)
{
	struct known frozen = *known;
	struct servers *servers;
	const struct server *server;
	uint32_t cursor = 0;

	frozen.learn = false;
	servers = known_servers(corpus, &frozen);
	while ((server = servers_each(learned, &cursor)))
		servers_put(servers, &server->address, server->port, &server->profile);
	return servers;
}
