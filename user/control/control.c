/* SPDX-License-Identifier: BSD-2-Clause */
/* The server's side of the control socket. Who may connect is a matter of the socket's mode and group; what somebody
 * may ask is decided by who answers the requests, and is told the uid.
 *
 * A client is never freed inside a call that may be using it: it is marked `gone` and released by control_settle at the
 * end of the wake-up. */
#include "user/control/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/control/control_client.h"
#include "user/control/control_socket.h"

#define TICK_NS 1000000000ULL
#define ACCEPTS_MAX 8 /* a wake-up, so that a flood of connections leaves time for the rest */

struct control {
	struct loop *loop;
	struct control_socket socket;
	control_request_fn on_request;
	void *context;
	bool answering; /* inside on_request */
	struct control_client *client[CONTROL_CLIENTS];
};

static void on_client(void *context, int fd, uint32_t events);

static struct control_client **client_find(struct control *control, int fd)
{
	unsigned int i;

	for (i = 0; i < CONTROL_CLIENTS; i++) {
		if (control->client[i] && control->client[i]->fd == fd)
			return &control->client[i];
	}
	return NULL;
}

/* Tell the loop what each client waits for now; release those that are done. */
static void control_settle(struct control *control)
{
	unsigned int i;

	for (i = 0; i < CONTROL_CLIENTS; i++) {
		struct control_client *client = control->client[i];
		size_t waiting;

		if (!client)
			continue;
		waiting = control_client_waiting(client);
		if (client->gone || (client->finished && !waiting)) {
			loop_remove_fd(control->loop, client->fd);
			control_client_free(client);
			control->client[i] = NULL;
			continue;
		}
		loop_change_fd(control->loop, client->fd,
			       (waiting ? EPOLLOUT : 0U) |
				       (client->finished || waiting >= CONTROL_WAITING_BYTES ? 0U : EPOLLIN));
	}
}

static void client_refuse(struct control_client *client, const char *words)
{
	json_t *refusal = control_line_refusal(words);

	if (refusal)
		control_client_send(client, refusal);
	json_decref(refusal);
}

static void client_answer(struct control *control, struct control_client *client, json_t *request)
{
	json_t *answer;

	control->answering = true;
	answer = control->on_request(control->context, request, client->uid);
	control->answering = false;
	if (!answer) {
		client->follows = true;
		answer = json_pack("{s:b}", "ok", 1);
	}
	if (answer)
		control_client_send(client, answer);
	json_decref(answer);
}

/* Answer the requests that are whole, until one more would only pile up answers that nobody reads. */
static void client_serve(struct control *control, struct control_client *client)
{
	struct fault fault = {0};
	json_t *request;
	int found = 1;

	while (found && !client->gone && control_client_waiting(client) < CONTROL_WAITING_BYTES) {
		found = control_lines_next(&client->lines, &request, &fault);
		if (found == 1) {
			client->mute_s = 0;
			client_answer(control, client, request);
			json_decref(request);
		} else if (found < 0) {
			client_refuse(client, fault.text);
			if (found == -EMSGSIZE) {
				client->finished = true;
				return;
			}
		}
	}
}

static void on_client(void *context, int fd, uint32_t events)
{
	struct control *control = context;
	struct control_client **at = client_find(control, fd), *client = at ? *at : NULL;

	if (!client)
		return;
	if (events & EPOLLERR)
		client->gone = true;
	if (events & EPOLLOUT)
		control_client_flush(client);
	if (events & (EPOLLIN | EPOLLHUP))
		control_client_read(client);
	client_serve(control, client);
	/* Both directions are shut: nothing can be written any more. */
	if (events & EPOLLHUP)
		client->gone = true;
	control_settle(control);
}

/* Hand a new connection a place, or say why it gets none. */
static void client_accept(struct control *control, int fd)
{
	struct control_client *client;
	unsigned int i;
	int err;

	if (control_client_new(&client, fd)) {
		close(fd);
		return;
	}
	for (i = 0; i < CONTROL_CLIENTS && control->client[i];)
		i++;
	err = i == CONTROL_CLIENTS ? -EMFILE : loop_add_fd(control->loop, fd, EPOLLIN, on_client, control);
	if (err) {
		client_refuse(client, "too many clients");
		control_client_free(client);
		return;
	}
	control->client[i] = client;
}

static void on_listen(void *context, int fd, uint32_t events)
{
	struct control *control = context;
	unsigned int i;

	(void)events;
	for (i = 0; i < ACCEPTS_MAX; i++) {
		int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (peer >= 0) {
			client_accept(control, peer);
			continue;
		}
		/* Out of descriptors, the connection stays in the queue and the loop would spin: rest for a tick. */
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			loop_change_fd(control->loop, fd, 0);
		return;
	}
}

static void on_tick(void *context)
{
	struct control *control = context;
	unsigned int i;

	for (i = 0; i < CONTROL_CLIENTS; i++) {
		if (control->client[i])
			control_client_tick(control->client[i]);
	}
	control_settle(control);
	loop_change_fd(control->loop, control->socket.fd, EPOLLIN);
}

int control_new(struct control **ret_control, struct loop *loop, const char *path, const char *group,
		control_request_fn on_request, void *context, struct fault *fault)
{
	struct control *control = calloc(1, sizeof(*control));
	int err;

	if (!control)
		return fault_set(fault, ENOMEM, "no memory for the control socket");
	control->loop = loop;
	control->on_request = on_request;
	control->context = context;
	err = control_socket_open(&control->socket, path, group, fault);
	if (err) {
		free(control);
		return err;
	}
	err = loop_add_fd(loop, control->socket.fd, EPOLLIN, on_listen, control);
	if (!err)
		err = loop_add_timer(loop, TICK_NS, on_tick, control);
	if (err) {
		control_free(control);
		return fault_set(fault, -err, "%s: %s", path, strerror(-err));
	}
	*ret_control = control;
	return 0;
}

void control_free(struct control *control)
{
	unsigned int i;

	if (!control)
		return;
	for (i = 0; i < CONTROL_CLIENTS; i++) {
		if (control->client[i])
			loop_remove_fd(control->loop, control->client[i]->fd);
		control_client_free(control->client[i]);
	}
	loop_remove_fd(control->loop, control->socket.fd);
	loop_remove_timers(control->loop, control);
	control_socket_close(&control->socket);
	free(control);
}

void control_publish(struct control *control, json_t *line)
{
	char *text = control_followers(control) ? json_dumps(line, JSON_COMPACT) : NULL;
	size_t length = text ? strlen(text) : 0;
	unsigned int i;

	if (!text)
		return;
	text[length] = '\n';
	for (i = 0; i < CONTROL_CLIENTS; i++) {
		struct control_client *client = control->client[i];

		if (!client || !client->follows || client->gone)
			continue;
		if (control_client_waiting(client) + length > CONTROL_BEHIND_BYTES)
			client->gone = true;
		control_client_send_text(client, text, length + 1);
	}
	free(text);
	if (!control->answering)
		control_settle(control);
}

unsigned int control_followers(const struct control *control)
{
	unsigned int i, followers = 0;

	for (i = 0; i < CONTROL_CLIENTS; i++)
		followers += control->client[i] && control->client[i]->follows && !control->client[i]->gone;
	return followers;
}
