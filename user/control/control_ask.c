/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line's side of the control socket: blocking, one request a connection. The daemon is trusted (it is root,
 * or was); what is bounded is how long a dead one is waited for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "user/control/control.h"
#include "user/control/control_socket.h"

#define ASK_TIMEOUT_S 5
#define ASK_LINE_BYTES (256U << 20) /* a list of some million bans; longer is not an answer */
#define ASK_ROOM_BYTES 65536

struct answer {
	char *bytes;
	size_t length, size;
	size_t searched; /* no newline before */
};

static void ask_timeout(int fd, int option, time_t seconds)
{
	const struct timeval timeout = {.tv_sec = seconds};

	setsockopt(fd, SOL_SOCKET, option, &timeout, sizeof(timeout));
}

static int ask_connect(const char *path)
{
	struct sockaddr_un address;
	int fd, err = control_socket_address(&address, path);

	if (err)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ask_timeout(fd, SO_SNDTIMEO, ASK_TIMEOUT_S); /* for connect(2) as well: unix(7) waits when the queue is full */
	ask_timeout(fd, SO_RCVTIMEO, ASK_TIMEOUT_S);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		err = errno == EAGAIN ? -ETIMEDOUT : -errno;
		close(fd);
		return err;
	}
	return fd;
}

static int ask_send(int fd, const json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	size_t length, at = 0;

	if (!text)
		return -EINVAL;
	length = strlen(text);
	text[length] = '\n';
	while (at <= length) {
		ssize_t sent = send(fd, text + at, length + 1 - at, MSG_NOSIGNAL);

		/* Refused and closed already: the words why can still be read. */
		if (sent < 0 && errno == EPIPE)
			break;
		if (sent < 0 && errno != EINTR) {
			free(text);
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		}
		at += sent < 0 ? 0 : (size_t)sent;
	}
	free(text);
	return 0;
}

static int answer_receive(struct answer *answer, int fd)
{
	ssize_t length;

	if (answer->size - answer->length < ASK_ROOM_BYTES) {
		size_t size = 2 * answer->size + ASK_ROOM_BYTES;
		char *bytes = size > ASK_LINE_BYTES ? NULL : realloc(answer->bytes, size);

		if (!bytes)
			return size > ASK_LINE_BYTES ? -EMSGSIZE : -ENOMEM;
		answer->bytes = bytes;
		answer->size = size;
	}
	do {
		length = recv(fd, answer->bytes + answer->length, answer->size - answer->length, 0);
	} while (length < 0 && errno == EINTR);
	if (length < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	answer->length += (size_t)length;
	return length > 0;
}

/* The next whole line, without its newline: its length, or -1. */
static ssize_t answer_line(struct answer *answer)
{
	const char *end = answer->length
				  ? memchr(answer->bytes + answer->searched, '\n', answer->length - answer->searched)
				  : NULL;

	answer->searched = answer->length;
	return end ? end - answer->bytes : -1;
}

static void answer_take(struct answer *answer, size_t length)
{
	answer->length -= length;
	answer->searched = 0;
	memmove(answer->bytes, answer->bytes + length, answer->length);
}

/* 1: more is wanted; 0: enough. */
static int line_give(const char *line, size_t length, bool (*each)(void *context, const json_t *line), void *context)
{
	json_t *parsed = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
	int more;

	if (!parsed)
		return -EBADMSG;
	more = each(context, parsed);
	json_decref(parsed);
	return more;
}

static int ask_listen(int fd, struct answer *answer, bool (*each)(void *context, const json_t *line), void *context)
{
	bool answered = false;
	int more = 1;

	while (more > 0) {
		ssize_t length = answer_line(answer);

		if (length >= 0) {
			more = line_give(answer->bytes, (size_t)length, each, context);
			answer_take(answer, (size_t)length + 1);
			if (!answered)
				ask_timeout(fd, SO_RCVTIMEO, 0);
			answered = true;
			continue;
		}
		more = answer_receive(answer, fd);
		if (!more && answer->length)
			return -EBADMSG;
		if (!more && !answered)
			return -ECONNRESET;
		/* How a close looks when the daemon had something of ours unread. */
		if (more == -ECONNRESET && answered)
			return 0;
	}
	return more;
}

int control_ask(const char *path, const json_t *request, bool (*each)(void *context, const json_t *line), void *context)
{
	struct answer answer = {0};
	int fd = ask_connect(path), err;

	if (fd < 0)
		return fd;
	err = ask_send(fd, request);
	if (!err)
		err = ask_listen(fd, &answer, each, context);
	free(answer.bytes);
	close(fd);
	return err;
}
