/* SPDX-License-Identifier: BSD-2-Clause */
/* A Redis that answers anything at all: the bytes of the input, on a real socket, through hiredis and the adapter. What
 * stands before the first 0xff 0xfe is said on the connection for commands, the rest on that for news. */
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/fleet_rig.h"
#include "user/adapters/redis.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct server {
	struct loop *loop;
	int listener, accepted[8], count;
	const uint8_t *bytes;
	size_t length, cut;
};

static void on_connection(void *context, int fd, uint32_t events)
{
	struct server *server = context;
	const int client = accept(fd, NULL, NULL);
	const bool news = server->count % 2;
	const uint8_t *from = news ? server->bytes + server->cut : server->bytes;
	const size_t size = news ? server->length - server->cut : server->cut;

	(void)events;
	if (client < 0)
		return;
	if (server->count == 8) {
		close(client);
		return;
	}
	if (size)
		send(client, from, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	server->accepted[server->count++] = client;
}

static void on_time(void *context)
{
	struct server *server = context;

	loop_stop(server->loop, 0);
}

static struct redis *asking;

static void on_up(void *context, const char *address)
{
	const struct redis_value value = {.current = "r:1:2", .before = "r:1:1", .value = 7, .keep_ms = 1000};

	(void)context;
	(void)address;
	redis_count(asking, &value, 1);
}

static void on_down(void *context, const char *why)
{
	(void)context;
	(void)why;
}

static void on_counted(void *context, const uint64_t *seen, uint32_t count)
{
	(void)context;
	if (count > REDIS_VALUES_MAX || (count && seen[0] > INT64_MAX))
		abort();
}

static size_t on_beat(void *context, uint8_t *buffer)
{
	(void)context;
	buffer[0] = 'b';
	return 1;
}

static void on_heard(void *context, const uint8_t *bytes, size_t length)
{
	(void)context;
	(void)bytes;
	(void)length;
}

static void changed(void *context, const struct prefix *target)
{
	(void)context;
	(void)target;
}

static void listen_at(struct server *server, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (bind(server->listener, (struct sockaddr *)&address, sizeof(address)) || listen(server->listener, 8))
		abort();
	loop_add_fd(server->loop, server->listener, EPOLLIN, on_connection, server);
	loop_add_timer(server->loop, 4000000, on_time, server);
}

static void talk(struct server *server, const char *path)
{
	static struct fleet_settings settings = {.node = "a", .name = "g", .user = "u", .stream_max = 100};
	static const struct redis_passwords passwords = {.redis = "secret"};
	static struct fleet_node nodes[1];
	const struct redis_sink sink = {server, on_up, on_down, on_beat, on_heard, on_heard, on_counted};
	struct sync_options options = {.entries_max = 16, .queue_max = 16, .seed = 1, .guess_us = START_US};
	const struct entry entry = rig_entry("203.0.113.7", ENTRY_BAN, 0, 60);
	struct redis *redis;
	struct sync *sync;

	nodes[0] = rig_node("a");
	fleet_address_parse(path, &settings.redis);
	if (redis_new(&redis, server->loop, &settings, &passwords, &sink, NULL))
		abort();
	options.admission =
		(struct admission_settings){.nodes = 1, .node = nodes, .longest_us = 3600 * US_PER_S, .share = 9};
	options.signer = rig_signer(&nodes[0]);
	options.link = redis_link(redis);
	options.sink = (struct sync_sink){server, changed, NULL, NULL};
	if (sync_new(&sync, &options))
		abort();
	sync_decide(sync, &entry, 0);
	redis_start(redis, sync);
	loop_run(server->loop);
	redis_free(redis);
	sync_free(sync);
}

static size_t cut_of(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i + 1 < length; i++)
		if (bytes[i] == 0xff && bytes[i + 1] == 0xfe)
			return i;
	return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct server server = {.bytes = bytes, .length = length, .cut = cut_of(bytes, length)};
	char path[64];

	snprintf(path, sizeof(path), "/tmp/gatepost-fuzz-%d.sock", (int)getpid());
	if (loop_new(&server.loop))
		abort();
	listen_at(&server, path);
	talk(&server, path);
	loop_remove_fd(server.loop, server.listener);
	loop_free(server.loop);
	close(server.listener);
	for (int i = 0; i < server.count; i++)
		close(server.accepted[i]);
	unlink(path);
	return 0;
}
