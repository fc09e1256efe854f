/* SPDX-License-Identifier: BSD-2-Clause */
/* Keyed BLAKE2b (libsodium crypto_generichash) cut to 64 bits. The key never leaves this file: it is held in guarded
 * memory that is kept out of core dumps, and wiped when freed.
 *
 * The key file is text, 64 hexadecimal digits and a newline, so that it can be carried to another node. It is made
 * whole or not at all (written aside, then linked into place: of two processes the first wins and both use its key)
 * and refused when others could have read it. A damaged file is never replaced: old reports would lose their key. */
#include "user/adapters/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/adapters/secret_file.h"

#define KEY_BYTES SECRET_FILE_KEY_BYTES
#define KEY_TEXT_BYTES (2 * KEY_BYTES + 1) /* with its newline, which is where the terminating zero was */

struct secret {
	uint8_t key[KEY_BYTES];
};

static int key_read(uint8_t key[KEY_BYTES], int fd, const char *path, struct fault *fault)
{
	char text[KEY_TEXT_BYTES + 1];
	struct stat status;
	size_t decoded;
	ssize_t length;
	int err;

	if (fstat(fd, &status))
		return fault_set(fault, errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode) || status.st_mode & (S_IRWXG | S_IRWXO))
		return fault_set(fault, EACCES, "%s: a key must be a file that only its owner can read (chmod 600)",
				 path);
	length = read(fd, text, sizeof(text));
	err = length == KEY_TEXT_BYTES && text[KEY_TEXT_BYTES - 1] == '\n' &&
			      !sodium_hex2bin(key, KEY_BYTES, text, KEY_TEXT_BYTES - 1, NULL, &decoded, NULL) &&
			      decoded == KEY_BYTES
		      ? 0
		      : -EBADMSG;
	sodium_memzero(text, sizeof(text));
	if (err)
		return fault_set(fault, EBADMSG,
				 "%s: 64 hexadecimal digits wanted; move it away and a new key is made, but account "
				 "hashes will not match those of before",
				 path);
	return 0;
}

static int key_write(int fd, const uint8_t key[KEY_BYTES])
{
	char text[KEY_TEXT_BYTES];
	ssize_t written;

	sodium_bin2hex(text, sizeof(text), key, KEY_BYTES);
	text[KEY_TEXT_BYTES - 1] = '\n';
	written = write(fd, text, sizeof(text));
	sodium_memzero(text, sizeof(text));
	if (written != KEY_TEXT_BYTES)
		return written < 0 ? -errno : -ENOSPC;
	return fsync(fd) ? -errno : 0;
}

/* A new key at `path`, unless there is one by now: the caller reads the file in either case. */
static int key_make(const char *path)
{
	char aside[4096];
	uint8_t key[KEY_BYTES];
	int fd, err;

	if (snprintf(aside, sizeof(aside), "%s.XXXXXX", path) >= (int)sizeof(aside))
		return -ENAMETOOLONG;
	fd = mkostemp(aside, O_CLOEXEC); /* O_EXCL and 0600 by itself */
	if (fd < 0)
		return -errno;
	randombytes_buf(key, sizeof(key));
	err = key_write(fd, key);
	sodium_memzero(key, sizeof(key));
	if (!err && link(aside, path) && errno != EEXIST)
		err = -errno;
	unlink(aside);
	close(fd);
	return err;
}

static int key_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

int secret_file_load(uint8_t key[KEY_BYTES], const char *path, bool make, struct fault *fault)
{
	int fd = key_open(path), err;

	if (fd == -ENOENT && make) {
		err = key_make(path);
		if (err)
			return fault_set(fault, -err, "%s: cannot make the key: %s", path, strerror(-err));
		fd = key_open(path);
	}
	if (fd < 0)
		return fault_set(fault, -fd, "%s: %s", path, strerror(-fd));
	err = key_read(key, fd, path, fault);
	close(fd);
	return err;
}

static void key_from_seed(uint8_t key[KEY_BYTES], uint64_t seed)
{
	char text[64];
	int length = snprintf(text, sizeof(text), "gatepost replay %016llx", (unsigned long long)seed);

	crypto_generichash(key, KEY_BYTES, (const uint8_t *)text, (unsigned long long)length, NULL, 0);
}

int secret_new(struct secret **ret_secret, const char *path, uint64_t seed, struct fault *fault)
{
	struct secret *secret;
	int err = 0;

	if (sodium_init() < 0)
		return fault_set(fault, ENOSYS, "libsodium finds no source of random numbers");
	secret = sodium_malloc(sizeof(*secret));
	if (!secret)
		return fault_set(fault, ENOMEM, "no memory for the key");
	if (path)
		err = secret_file_load(secret->key, path, true, fault);
	else if (seed)
		key_from_seed(secret->key, seed);
	else
		randombytes_buf(secret->key, KEY_BYTES);
	if (err) {
		secret_free(secret);
		return err;
	}
	*ret_secret = secret;
	return 0;
}

void secret_free(struct secret *secret)
{
	sodium_free(secret); /* wipes */
}

static uint64_t secret_hash(const void *key, const void *bytes, size_t length)
{
	const struct secret *secret = key;
	uint8_t hash[crypto_generichash_BYTES_MIN];
	uint64_t word = 0;
	unsigned int i;

	crypto_generichash(hash, sizeof(hash), bytes, length, secret->key, sizeof(secret->key));
	for (i = 0; i < sizeof(word); i++)
		word = word << 8 | hash[i];
	sodium_memzero(hash, sizeof(hash));
	return word ? word : 1; /* 0 means "not seen" (digest.h) */
}

struct digest secret_digest(const struct secret *secret)
{
	return (struct digest){.hash = secret_hash, .key = secret};
}

void secret_random(void *bytes, size_t length)
{
	randombytes_buf(bytes, length);
}

void secret_sha256(uint8_t ret_hash[SECRET_SHA256_BYTES], const void *bytes, size_t length)
{
	_Static_assert(SECRET_SHA256_BYTES == crypto_hash_sha256_BYTES, "one length");
	crypto_hash_sha256(ret_hash, bytes, length);
}
