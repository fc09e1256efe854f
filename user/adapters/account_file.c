/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/adapters/account_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ACCOUNT_FILE_BYTES 600

static int account_open(const char *path, struct fault *fault)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (fd < 0)
		return fault_set_at(fault, errno, path, 0, "%s", strerror(errno));
	if (!fstat(fd, &status) && S_ISREG(status.st_mode) && !(status.st_mode & (S_IRWXG | S_IRWXO)))
		return fd;
	close(fd);
	return fault_set_at(fault, EACCES, path, 0, "must be a file that only its owner can read (chmod 600)");
}

/* Takes a line off `at` into `word`; false when it is empty or too long. */
static bool line_take(const char **at, char *word, size_t size)
{
	const size_t length = strcspn(*at, "\r\n");

	if (!length || length >= size)
		return false;
	memcpy(word, *at, length);
	word[length] = '\0';
	*at += length;
	*at += **at == '\r';
	*at += **at == '\n';
	return true;
}

int account_load(const char *path, struct account *ret_account, struct fault *fault)
{
	char text[ACCOUNT_FILE_BYTES] = "";
	struct account account;
	const char *at = text;
	int fd = account_open(path, fault);
	ssize_t length;
	bool good;

	if (fd < 0)
		return fd;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	good = length > 0 && strlen(text) == (size_t)length && line_take(&at, account.name, sizeof(account.name)) &&
	       line_take(&at, account.password, sizeof(account.password)) && !*at;
	if (good)
		*ret_account = account;
	account_wipe(&account);
	explicit_bzero(text, sizeof(text));
	return good ? 0 : fault_set_at(fault, EBADMSG, path, 0, "wants two lines: the name, and the password");
}

void account_wipe(struct account *account)
{
	explicit_bzero(account, sizeof(*account));
}
