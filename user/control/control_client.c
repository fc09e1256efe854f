/* SPDX-License-Identifier: BSD-2-Clause */
/* Buffers of one control client. Input is bounded by a request's length. Output is bounded by the caller: it asks no
 * further request while CONTROL_WAITING_BYTES wait, and drops followers that are behind; so a client holds at most one
 * answer and a little. */
#include "user/control/control_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int control_client_new(struct control_client **ret_client, int fd)
{
	struct control_client *client;
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length))
		return -errno;
	client = calloc(1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	client->fd = fd;
	client->uid = peer.uid;
	*ret_client = client;
	return 0;
}

void control_client_free(struct control_client *client)
{
	if (!client)
		return;
	close(client->fd);
	free(client->waiting);
	free(client);
}

size_t control_client_waiting(const struct control_client *client)
{
	return client->end - client->start;
}

static int waiting_reserve(struct control_client *client, size_t length)
{
	size_t size;
	char *waiting;

	if (client->start) {
		memmove(client->waiting, client->waiting + client->start, control_client_waiting(client));
		client->end -= client->start;
		client->start = 0;
	}
	size = client->end + length;
	if (size <= client->size)
		return 0;
	size += size / 2; /* many small lines do not mean many reallocations */
	waiting = realloc(client->waiting, size);
	if (!waiting)
		return -ENOMEM;
	client->waiting = waiting;
	client->size = size;
	return 0;
}

void control_client_send_text(struct control_client *client, const char *text, size_t length)
{
	if (client->gone)
		return;
	if (client->end + length > client->size && waiting_reserve(client, length)) {
		client->gone = true;
		return;
	}
	memcpy(client->waiting + client->end, text, length);
	client->end += length;
	control_client_flush(client);
}

void control_client_send(struct control_client *client, const json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT);

	if (!text) {
		client->gone = true;
		return;
	}
	/* The newline takes the place of the terminating zero: one piece, one write. */
	size_t length = strlen(text);
	text[length] = '\n';
	control_client_send_text(client, text, length + 1);
	free(text);
}

void control_client_flush(struct control_client *client)
{
	while (client->start < client->end) {
		ssize_t sent = send(client->fd, client->waiting + client->start, control_client_waiting(client),
				    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0) {
			client->gone = client->gone || (errno != EAGAIN && errno != EWOULDBLOCK);
			return;
		}
		client->start += (size_t)sent;
		client->mute_s = 0;
	}
	/* A long answer must not stay with a client that will never need as much again. */
	free(client->waiting);
	client->waiting = NULL;
	client->start = client->end = client->size = 0;
}

void control_client_read(struct control_client *client)
{
	char bytes[CONTROL_REQUEST_BYTES];
	size_t room = sizeof(client->lines.bytes) - client->lines.length;
	ssize_t length;

	if (client->finished || !room)
		return;
	length = recv(client->fd, bytes, room, MSG_DONTWAIT);
	if (length > 0)
		control_lines_add(&client->lines, bytes, (size_t)length);
	else if (!length)
		client->finished = true;
	else
		client->gone = errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
}

void control_client_tick(struct control_client *client)
{
	if (client->follows && !control_client_waiting(client))
		client->mute_s = 0;
	else if (++client->mute_s >= CONTROL_MUTE_S)
		client->gone = true;
}
