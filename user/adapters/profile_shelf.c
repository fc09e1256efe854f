/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/adapters/profile_shelf.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "user/adapters/profile_file.h"

#define NS_PER_S 1000000000ULL

/* ---- files ----------------------------------------------------------------------------------------------------- */

struct shelf_file {
	struct profile_key key;
	char path[4096];
};

static int file_of(const struct server *server, const char *directory, struct shelf_file *ret_file)
{
	ret_file->key = (struct profile_key){.server = server->address, .port = server->port};
	return profile_path(directory, &ret_file->key, ret_file->path, sizeof(ret_file->path));
}

/* 0: there is none. */
static uint64_t file_ns(const char *path)
{
	struct stat status;

	if (stat(path, &status))
		return 0;
	return (uint64_t)status.st_mtim.tv_sec * NS_PER_S + (uint64_t)status.st_mtim.tv_nsec;
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

struct reader {
	struct servers *servers;
	const char *directory;
	void (*bad)(void *context, const struct fault *fault);
	void *context;
};

static void put_common(void *context, const char *name, const struct profile *profile)
{
	(void)name;
	servers_common(context, profile);
}

static void on_good(void *context, const struct profile_key *key, const struct profile *profile)
{
	const struct reader *reader = context;
	struct server *server = servers_find(reader->servers, &key->server, key->port);
	uint64_t written_ns = 0;
	char path[4096];

	if (!profile_path(reader->directory, key, path, sizeof(path)))
		written_ns = file_ns(path);
	if (server && written_ns && written_ns == server->file_ns)
		return; /* we know more than that by now */
	server = servers_put(reader->servers, &key->server, key->port, profile);
	if (server)
		server->file_ns = written_ns;
}

static void on_bad(void *context, const struct fault *fault)
{
	const struct reader *reader = context;

	if (reader->bad)
		reader->bad(reader->context, fault);
}

int profile_shelf_reload(struct servers *servers, const char *directory,
			 void (*bad)(void *context, const struct fault *fault), void *context, struct fault *fault)
{
	struct reader reader = {.servers = servers, .directory = directory, .bad = bad, .context = context};
	int loaded;

	if (!directory || !*directory)
		return 0;
	loaded = profiles_load_dir(directory, 0, on_good, on_bad, &reader, fault);
	return loaded == -ENOENT ? 0 : loaded;
}

int profile_shelf_load(struct servers *servers, const char *directory,
		       void (*bad)(void *context, const struct fault *fault), void *context, struct fault *fault)
{
	profiles_builtin(put_common, servers);
	return profile_shelf_reload(servers, directory, bad, context, fault);
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

/* What an operator had measured meanwhile is worth more than what we have guessed. Returns -EEXIST for a file that may
 * not or cannot be read: it is his to mend. */
static int take_up(struct servers *servers, const struct server *server, const struct shelf_file *file,
		   struct fault *fault)
{
	struct profile profile;
	struct profile_key key;
	struct fault why = {0};
	const uint64_t written_ns = file_ns(file->path);
	struct server *taken;

	if (profile_load(file->path, 0, &profile, &key, &why))
		return fault_set_at(fault, EEXIST, file->path, 0, "somebody else's, left as it is: %.100s", why.text);
	if (key.port != server->port || memcmp(&key.server, &server->address, sizeof(key.server)))
		return fault_set_at(fault, EEXIST, file->path, 0, "is of another server than its name says");
	taken = servers_put(servers, &server->address, server->port, &profile);
	taken->file_ns = written_ns;
	return 0;
}

/* 1: written. 0: read. */
static int server_store(struct servers *servers, struct server *server, const char *directory, struct fault *fault)
{
	struct shelf_file file;
	uint64_t written_ns;
	int error = file_of(server, directory, &file);

	if (error)
		return fault_set_at(fault, -error, directory, 0, "too long a path for profiles");
	written_ns = file_ns(file.path);
	if (written_ns && written_ns != server->file_ns)
		return take_up(servers, server, &file, fault);
	error = profile_store(file.path, &server->profile, &file.key, fault);
	if (error)
		return error;
	server->file_ns = file_ns(file.path);
	server->stored = true;
	return 1;
}

static bool is_new(const struct server *server)
{
	return !server->stored && server->profile.origin != ORIGIN_NONE;
}

static bool is_due(const struct server *server, uint64_t now_s)
{
	/* unsigned: also when the clock was set back */
	return is_new(server) && now_s - server->tried_s >= PROFILE_SHELF_EVERY_S;
}

int profile_shelf_store(struct servers *servers, const char *directory, uint64_t now_s, uint32_t most,
			struct fault *fault)
{
	struct server *server;
	uint32_t cursor = 0;
	int stored = 0, error = 0;

	while (most && (server = servers_each(servers, &cursor))) {
		int one;

		if (!is_due(server, now_s))
			continue;
		most--;
		one = server_store(servers, server, directory, error ? NULL : fault);
		server->tried_s = now_s;
		server->failed = one < 0;
		stored += one > 0;
		error = error ? error : one < 0 ? one : 0;
	}
	return error ? error : stored;
}

int profile_shelf_store_all(struct servers *servers, const char *directory, struct fault *fault)
{
	struct server *server;
	uint32_t cursor = 0;

	while ((server = servers_each(servers, &cursor)))
		server->tried_s = 0;
	return profile_shelf_store(servers, directory, UINT64_MAX, UINT32_MAX, fault);
}

uint32_t profile_shelf_failing(const struct servers *servers)
{
	const struct server *server;
	uint32_t cursor = 0, failing = 0;

	while ((server = servers_each(servers, &cursor)))
		failing += server->failed;
	return failing;
}
