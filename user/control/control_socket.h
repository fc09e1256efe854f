/* SPDX-License-Identifier: BSD-2-Clause */
/* The listening socket: its place in the file system, its mode and group, and that there is only one. */
#ifndef GATEPOST_CONTROL_SOCKET_H
#define GATEPOST_CONTROL_SOCKET_H

#include <sys/stat.h>
#include <sys/un.h>

#include "user/core/fault.h"

struct control_socket {
	int fd;
	struct sockaddr_un address;
	dev_t device; /* of the socket file, to remove no other than ours */
	ino_t inode;
};

int control_socket_open(struct control_socket *ret_socket, const char *path, const char *group, struct fault *fault);
void control_socket_close(struct control_socket *socket); /* removes the file */
/* -ENAMETOOLONG, since sun_path is short. */
int control_socket_address(struct sockaddr_un *ret_address, const char *path);

#endif
