/* SPDX-License-Identifier: BSD-2-Clause */
/* Where profiles lie and how they get there. A file is written beside its name, synced and renamed: who reads it
 * meanwhile, and who starts after a power cut, finds the old one or the new one. */
#include "user/adapters/profile_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROFILE_FILE_BYTES_MAX (256 * 1024)
#define PROFILE_PATH_BYTES 4096

/* ---- reading --------------------------------------------------------------------------------------------------- */

static int text_check(int fd)
{
	struct stat status;

	if (fstat(fd, &status))
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -ENODEV;
	return status.st_size <= PROFILE_FILE_BYTES_MAX ? 0 : -EFBIG;
}

static int text_fill(int fd, char *text)
{
	size_t length = 0;
	ssize_t got;

	do {
		got = read(fd, text + length, PROFILE_FILE_BYTES_MAX - length);
		length += got > 0 ? (size_t)got : 0;
	} while (got > 0 && length < PROFILE_FILE_BYTES_MAX);
	text[length] = '\0';
	return got < 0 ? -errno : 0;
}

static int text_read(const char *path, char **ret_text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW), err; /* a pipe must not hold us up */
	char *text = NULL;

	if (fd < 0)
		return -errno;
	err = text_check(fd);
	if (!err) {
		text = malloc(PROFILE_FILE_BYTES_MAX + 1);
		err = text ? text_fill(fd, text) : -ENOMEM;
	}
	close(fd);
	if (err) {
		free(text);
		return err;
	}
	*ret_text = text;
	return 0;
}

int profile_load(const char *path, unsigned int flags, struct profile *ret_profile, struct profile_key *ret_key,
		 struct fault *fault)
{
	char *text = NULL;
	int err = text_read(path, &text);

	if (err == -ENODEV)
		return fault_set_at(fault, ENODEV, path, 0, "a profile must be a regular file");
	if (err == -EFBIG)
		return fault_set_at(fault, EFBIG, path, 0, "a profile must not be larger than 256 KiB");
	if (err)
		return fault_set_at(fault, -err, path, 0, "%s", strerror(-err));
	err = profile_read_text(path, text, flags, ret_profile, ret_key, fault);
	free(text);
	return err;
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

static int write_whole(int fd, const char *text)
{
	size_t length = strlen(text);

	while (length) {
		ssize_t written = write(fd, text, length);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			text += written;
			length -= (size_t)written;
		}
	}
	return fchmod(fd, 0640) || fsync(fd) ? -errno : 0;
}

static void directory_of(const char *path, char directory[PROFILE_PATH_BYTES])
{
	const char *slash = strrchr(path, '/');

	snprintf(directory, PROFILE_PATH_BYTES, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
}

/* What root calibrates is for the daemon, which is not root: it belongs to whom the directory does. */
static int hand_over(int fd, const char *path)
{
	char directory[PROFILE_PATH_BYTES];
	struct stat owner;

	if (geteuid())
		return 0;
	directory_of(path, directory);
	return stat(directory, &owner) || fchown(fd, owner.st_uid, owner.st_gid) ? -errno : 0;
}

/* Without this the new name may be lost with the power, never the file that it names. */
static void directory_sync(const char *path)
{
	char directory[PROFILE_PATH_BYTES];
	int fd;

	directory_of(path, directory);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static int text_write(const char *path, const char *text)
{
	char aside[PROFILE_PATH_BYTES];
	int fd, err;

	if (snprintf(aside, sizeof(aside), "%s.XXXXXX", path) >= (int)sizeof(aside))
		return -ENAMETOOLONG;
	fd = mkostemp(aside, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write_whole(fd, text);
	if (!err)
		err = hand_over(fd, path);
	if (close(fd) && !err)
		err = -errno;
	if (!err && rename(aside, path))
		err = -errno;
	if (err)
		unlink(aside);
	else
		directory_sync(path);
	return err;
}

/* Consumes `text`. */
static int text_store(const char *path, char *text, struct fault *fault)
{
	int err = text ? text_write(path, text) : -ENOMEM;

	free(text);
	return err ? fault_set_at(fault, -err, path, 0, "cannot be written: %s", strerror(-err)) : 0;
}

int profile_store(const char *path, const struct profile *profile, const struct profile_key *key, struct fault *fault)
{
	return text_store(path, profile_write_text(profile, key), fault);
}

int transcript_store(const char *path, const struct probe_transcript *transcript, struct fault *fault)
{
	return text_store(path, transcript_write_text(transcript), fault);
}

/* ---- many ------------------------------------------------------------------------------------------------------ */

int profile_path(const char *directory, const struct profile_key *key, char *ret_path, size_t size)
{
	char host[ADDR_TEXT_BYTES], path[PROFILE_PATH_BYTES];
	int length = snprintf(path, sizeof(path), "%s/%s-%u.json", directory, addr_text(&key->server, host), key->port);

	if (length >= (int)sizeof(path) || (size_t)length >= size)
		return -ENAMETOOLONG;
	memcpy(ret_path, path, (size_t)length + 1);
	return 0;
}

static int is_profile(const struct dirent *entry)
{
	const size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 && !strcmp(entry->d_name + length - 5, ".json");
}

/* In an order that no locale changes: the same directory, the same replay. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int profiles_load_dir(const char *directory, unsigned int flags,
		      void (*each)(void *context, const struct profile_key *key, const struct profile *profile),
		      void (*bad)(void *context, const struct fault *fault), void *context, struct fault *fault)
{
	struct dirent **entry;
	int entries = scandir(directory, &entry, is_profile, by_name), good = 0;

	if (entries < 0)
		return fault_set_at(fault, errno, directory, 0, "%s", strerror(errno));
	for (int i = 0; i < entries; i++) {
		char path[PROFILE_PATH_BYTES];
		struct profile_key key;
		struct profile profile;
		struct fault found = {0};

		snprintf(path, sizeof(path), "%s/%s", directory, entry[i]->d_name);
		free(entry[i]);
		if (!profile_load(path, flags, &profile, &key, &found)) {
			each(context, &key, &profile);
			good++;
		} else if (bad) {
			bad(context, &found);
		}
	}
	free(entry);
	return good;
}

/* Name and text by turns, then NULL; made from rules/profiles by the Makefile. */
extern const char *const rules_profiles[];

int profiles_builtin(void (*each)(void *context, const char *name, const struct profile *profile), void *context)
{
	int count = 0;

	for (const char *const *at = rules_profiles; at[0]; at += 2) {
		struct profile profile;

		if (profile_read_text(at[0], at[1], 0, &profile, NULL, NULL))
			continue; /* a unit test says that none is bad */
		each(context, at[0], &profile);
		count++;
	}
	return count;
}
