/* SPDX-License-Identifier: BSD-2-Clause */
/* Two daemons that start at the same time must not both find a dead socket and both replace it: who looks, removes and
 * binds holds a lock on the directory meanwhile. A daemon that runs is known by its answering connect(2). */
#include "user/control/control_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTEN_BACKLOG 16

int control_socket_address(struct sockaddr_un *ret_address, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	*ret_address = address;
	return 0;
}

static int directory_lock(const char *path, struct fault *fault)
{
	const char *slash = strrchr(path, '/');
	char directory[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	int fd;

	snprintf(directory, sizeof(directory), "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fault_set(fault, errno, "%s: %s", directory, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return fault_set(fault, EADDRINUSE, "%s: another gatepost is starting", path);
	}
	return fd;
}

static bool is_answered(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool answered;

	if (fd < 0)
		return false;
	/* EAGAIN: its queue is full, so somebody is there. EACCES: it is not ours to remove. */
	answered = !connect(fd, (const struct sockaddr *)address, sizeof(*address)) ||
		   (errno != ECONNREFUSED && errno != ENOENT);
	close(fd);
	return answered;
}

static int stale_remove(const struct sockaddr_un *address, struct fault *fault)
{
	struct stat status;

	if (lstat(address->sun_path, &status))
		return errno == ENOENT ? 0 : fault_set(fault, errno, "%s: %s", address->sun_path, strerror(errno));
	if (!S_ISSOCK(status.st_mode))
		return fault_set(fault, EEXIST, "%s: is in the way and not a socket", address->sun_path);
	if (is_answered(address))
		return fault_set(fault, EADDRINUSE, "%s: another gatepost is running", address->sun_path);
	if (unlink(address->sun_path))
		return fault_set(fault, errno, "%s: %s", address->sun_path, strerror(errno));
	return 0;
}

static int group_find(const char *group, gid_t *ret_gid, struct fault *fault)
{
	const struct group *entry = NULL;

	*ret_gid = (gid_t)-1; /* leaves it */
	if (!*group)
		return 0;
	entry = getgrnam(group);
	if (!entry)
		return fault_set(fault, ENOENT, "group '%s' does not exist; make it with: groupadd --system %s", group,
				 group);
	*ret_gid = entry->gr_gid;
	return 0;
}

/* From bind to listen nobody can connect, so mode and group are right before the first client comes. */
static int socket_listen(struct control_socket *socket, gid_t gid)
{
	const char *path = socket->address.sun_path;
	mode_t before = umask(0117);
	struct stat status;
	int err = bind(socket->fd, (struct sockaddr *)&socket->address, sizeof(socket->address)) ? -errno : 0;

	umask(before);
	if (err)
		return err;
	if (lstat(path, &status) || (gid != (gid_t)-1 && lchown(path, (uid_t)-1, gid)) ||
	    listen(socket->fd, LISTEN_BACKLOG)) {
		err = -errno;
		unlink(path);
		return err;
	}
	socket->device = status.st_dev;
	socket->inode = status.st_ino;
	return 0;
}

int control_socket_open(struct control_socket *ret_socket, const char *path, const char *group, struct fault *fault)
{
	struct control_socket opened = {.fd = -1};
	int lock, err;
	gid_t gid;

	if (control_socket_address(&opened.address, path))
		return fault_set(fault, ENAMETOOLONG, "%s: longer than a socket's path may be (%zu bytes)", path,
				 sizeof(opened.address.sun_path) - 1);
	err = group_find(group, &gid, fault);
	if (err)
		return err;
	lock = directory_lock(path, fault);
	if (lock < 0)
		return lock;
	err = stale_remove(&opened.address, fault);
	if (!err) {
		opened.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		err = opened.fd < 0 ? -errno : socket_listen(&opened, gid);
		if (err)
			fault_set(fault, -err, "%s: %s", path, strerror(-err));
	}
	close(lock);
	if (err) {
		if (opened.fd >= 0)
			close(opened.fd);
		return err;
	}
	*ret_socket = opened;
	return 0;
}

void control_socket_close(struct control_socket *socket)
{
	struct stat status;

	close(socket->fd);
	if (!lstat(socket->address.sun_path, &status) && status.st_dev == socket->device &&
	    status.st_ino == socket->inode)
		unlink(socket->address.sun_path);
}
