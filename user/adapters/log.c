/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes one line with one write(2), so that lines of two processes on one terminal do not mix. Whatever comes from
 * the network and ends up in a line (SNI, account hash, reason) cannot start a new line or move the cursor: every
 * byte that is not printable ASCII leaves as \xNN.
 *
 * Under the journal there is no time (the journal has its own) but a priority prefix (sd-daemon(3)). */
#include "user/adapters/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/adapters/clock.h"

#define LOG_TEXT_BYTES 1024 /* of the key=value words before escaping; the rest is cut off with " ..." */
#define LOG_HEAD_BYTES 128
#define LOG_CUT " ..."

static enum log_level level_most = LOG_LEVEL_INFO; /* the one piece of file-scope state the house rules allow */

static const struct {
	const char *word;
	char priority; /* of syslog(3) */
} level_names[] = {
	[LOG_LEVEL_ERROR] = {"error", '3'},
	[LOG_LEVEL_WARN] = {"warn", '4'},
	[LOG_LEVEL_INFO] = {"info", '6'},
	[LOG_LEVEL_DEBUG] = {"debug", '7'},
};

void log_level(enum log_level most)
{
	level_most = most;
}

/* JOURNAL_STREAM is inherited by whatever a service starts, so the numbers must be those of our standard error
 * (systemd.exec(5)). */
static bool log_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long device, inode;
	struct stat status;

	if (!stream || sscanf(stream, "%lu:%lu", &device, &inode) != 2 || fstat(STDERR_FILENO, &status))
		return false;
	return status.st_dev == device && status.st_ino == inode;
}

static size_t log_head(char *line, enum log_level level, const char *event)
{
	char now[24];
	int length;

	if (log_is_journal())
		length = snprintf(line, LOG_HEAD_BYTES, "<%c>%s %s", level_names[level].priority,
				  level_names[level].word, event);
	else
		length = snprintf(line, LOG_HEAD_BYTES, "%s %s %s", clock_text(clock_wall_ns(), now),
				  level_names[level].word, event);
	return length < LOG_HEAD_BYTES ? (size_t)length : LOG_HEAD_BYTES - 1;
}

static size_t log_escape(char *line, const char *text)
{
	size_t length = 0;

	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte >= 0x20 && byte < 0x7f)
			line[length++] = (char)byte;
		else
			length += (size_t)sprintf(line + length, "\\x%02x", byte);
	}
	return length;
}

void log_line(enum log_level level, const char *event, const char *format, ...)
{
	char text[LOG_TEXT_BYTES], line[LOG_HEAD_BYTES + 4 * LOG_TEXT_BYTES + sizeof(LOG_CUT) + 1];
	size_t length;
	va_list arguments;
	int wanted;

	if (level > level_most)
		return;
	va_start(arguments, format);
	wanted = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	length = log_head(line, level, event);
	if (wanted > 0) {
		line[length++] = ' ';
		length += log_escape(line + length, text);
	}
	if (wanted >= (int)sizeof(text)) {
		memcpy(line + length, LOG_CUT, sizeof(LOG_CUT) - 1);
		length += sizeof(LOG_CUT) - 1;
	}
	line[length++] = '\n';
	/* Nothing can be said about a standard error that does not take the line. */
	if (write(STDERR_FILENO, line, length) < 0)
		return;
}
