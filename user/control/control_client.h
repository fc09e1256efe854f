/* SPDX-License-Identifier: BSD-2-Clause */
/* One connected client of the control socket: what it sent, what it has yet to read. Knows no loop. */
#ifndef GATEPOST_CONTROL_CLIENT_H
#define GATEPOST_CONTROL_CLIENT_H

#include "user/control/control_line.h"

/* While this much waits to be read by a client, no further request of it is answered. */
#define CONTROL_WAITING_BYTES 65536

struct control_client {
	int fd;
	uid_t uid;
	bool follows;
	bool finished; /* sends no more, or was refused: to be closed once everything is written */
	bool gone; /* broken or dropped: to be closed now */
	unsigned int mute_s; /* since its last whole request, or since it last read something that waits for it */
	char *waiting; /* to be written: from `start` to `end` */
	size_t start, end, size;
	struct control_lines lines;
};

int control_client_new(struct control_client **ret_client, int fd); /* takes the descriptor over if it returns 0 */
void control_client_free(struct control_client *client);

size_t control_client_waiting(const struct control_client *client);
/* One line out, written at once if the socket takes it. Never fails: a client that cannot be served is `gone`. */
void control_client_send(struct control_client *client, const json_t *line);
void control_client_send_text(struct control_client *client, const char *text, size_t length); /* with its newline */
void control_client_flush(struct control_client *client);
/* Read what is there, as far as there is room. */
void control_client_read(struct control_client *client);
/* A second has passed. */
void control_client_tick(struct control_client *client);

#endif
