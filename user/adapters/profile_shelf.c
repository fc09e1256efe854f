/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/adapters/profile_shelf.h"

#include <errno.h>

#include "user/adapters/profile_file.h"

static void put_common(void *context, const char *name, const struct profile *profile)
{
	(void)name;
	servers_common(context, profile);
}

struct reader {
	struct servers *servers;
	void (*bad)(void *context, const struct fault *fault);
	void *context;
};

static void on_good(void *context, const struct profile_key *key, const struct profile *profile)
{
	const struct reader *reader = context;

	servers_put(reader->servers, &key->server, key->port, profile);
}

static void on_bad(void *context, const struct fault *fault)
{
	const struct reader *reader = context;

	if (reader->bad)
		reader->bad(reader->context, fault);
}

int profile_shelf_load(struct servers *servers, const char *directory,
		       void (*bad)(void *context, const struct fault *fault), void *context, struct fault *fault)
{
	struct reader reader = {.servers = servers, .bad = bad, .context = context};
	int loaded;

	profiles_builtin(put_common, servers);
	if (!directory || !*directory)
		return 0;
	loaded = profiles_load_dir(directory, 0, on_good, on_bad, &reader, fault);
	return loaded == -ENOENT ? 0 : loaded;
}

int profile_shelf_store(struct servers *servers, const char *directory, struct fault *fault)
{
	struct server *server;
	uint32_t cursor = 0;
	int stored = 0, error = 0;

	while ((server = servers_each(servers, &cursor))) {
		const struct profile_key key = {.server = server->address, .port = server->port};
		char path[4096];
		int one;

		if (server->stored || server->profile.origin == ORIGIN_NONE)
			continue;
		one = profile_path(directory, &key, path, sizeof(path));
		if (!one)
			one = profile_store(path, &server->profile, &key, error ? NULL : fault);
		server->stored = !one;
		stored += !one;
		error = error ? error : one;
	}
	return error ? error : stored;
}
