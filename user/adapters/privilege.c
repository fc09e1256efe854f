/* SPDX-License-Identifier: BSD-2-Clause */
/* No capability is kept. Measured on Linux 6.18 with kernel.unprivileged_bpf_disabled=2, and so by the kernel's own
 * account since 5.19 ("bpf: refine kernel.unprivileged_bpf_disabled behaviour"): who holds the descriptors may update
 * and read maps, ask about links and programs and even replace a link's program. What needs CAP_BPF (making maps,
 * loading programs) or CAP_NET_ADMIN (clsact) is done before this, and a restart does it again. */
#include "user/adapters/privilege.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct passwd *user_find(const char *user, struct fault *fault)
{
	const struct passwd *entry = getpwnam(user);

	if (!entry)
		fault_set(fault, ENOENT,
			  "user '%s' does not exist; make it with: useradd --system --user-group --shell "
			  "/usr/sbin/nologin %s, or set another in gatepost.conf",
			  user, user);
	return entry;
}

/* Only what was made just now is given away: a mistyped path must not hand /run or /var/lib to the daemon's user.
 * Works on the descriptor, so that the path cannot be swapped for a link in between. */
static int directory_give(int fd, const char *path, const struct passwd *user, bool made, struct fault *fault)
{
	struct stat status;

	if (fstat(fd, &status))
		return fault_set(fault, errno, "%s: %s", path, strerror(errno));
	if (status.st_uid == user->pw_uid)
		return 0;
	if (!made)
		return fault_set(fault, EPERM,
				 "%s: belongs to another user; chown it to '%s', or name a directory of its own", path,
				 user->pw_name);
	if (fchown(fd, user->pw_uid, user->pw_gid))
		return fault_set(fault, errno, "%s: cannot give it to '%s': %s", path, user->pw_name, strerror(errno));
	return 0;
}

int privilege_directory(const char *user, const char *path, mode_t mode, struct fault *fault)
{
	const struct passwd *entry = NULL;
	bool made;
	int fd, err = 0;

	if (*user) {
		entry = user_find(user, fault);
		if (!entry)
			return -ENOENT;
	}
	made = !mkdir(path, mode);
	if (!made && errno != EEXIST)
		return fault_set(fault, errno, "%s: cannot make it: %s", path, strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fault_set(fault, errno, "%s: %s", path, strerror(errno));
	if (entry)
		err = directory_give(fd, path, entry, made, fault);
	close(fd);
	return err;
}

static int user_become(const char *user, struct fault *fault)
{
	const struct passwd *entry = user_find(user, fault);
	int err;

	if (!entry)
		return -ENOENT;
	if (geteuid() && geteuid() != entry->pw_uid)
		return fault_set(fault, EPERM, "only root can become user '%s'; start as root or as that user", user);
	capng_clear(CAPNG_SELECT_ALL);
	/* The bounding set takes CAP_SETPCAP to shrink; without new privileges it cannot be drawn on anyway. */
	if (geteuid())
		err = capng_apply(CAPNG_SELECT_CAPS);
	else
		err = capng_change_id((int)entry->pw_uid, (int)entry->pw_gid,
				      CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT);
	if (err)
		return fault_set(fault, EPERM, "cannot become user '%s' (libcap-ng says %d)", user, err);
	if (getuid() != entry->pw_uid || (entry->pw_uid && !setuid(0)))
		return fault_set(fault, EPERM, "still not user '%s' after the change", user);
	return 0;
}

int privilege_drop(const char *user, struct fault *fault)
{
	int err = *user ? user_become(user, fault) : 0;

	if (err)
		return err;
	/* Passwords pass through this memory on their way to a hash: no core, no ptrace by the same user. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return fault_set(fault, errno, "cannot give up new privileges: %s", strerror(errno));
	return 0;
}
