/* SPDX-License-Identifier: BSD-2-Clause */
/* libconfuse replaces ${HOME} by the environment, skips characters that it does not know, reads on to the end of the
 * file when a quote is missing, and walks into sections with "a|b". A configuration that decides who is banned must
 * not depend on any of that, so only what gatepost.conf describes gets through. */
#include "user/config/config_text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_all(FILE *file, char **ret_text)
{
	char *text = malloc(CONFIG_TEXT_MAX + 1);
	size_t length;

	if (!text)
		return -ENOMEM;
	length = fread(text, 1, CONFIG_TEXT_MAX + 1, file);
	if (ferror(file) || length > CONFIG_TEXT_MAX || memchr(text, '\0', length)) {
		const int error = ferror(file) ? errno : length > CONFIG_TEXT_MAX ? EFBIG : EINVAL;

		free(text);
		return -error;
	}
	text[length] = '\0';
	*ret_text = text;
	return 0;
}

int config_text_read(const char *path, char **ret_text, struct fault *fault)
{
	FILE *file = fopen(path, "re");
	int result;

	if (!file)
		return fault_set_at(fault, errno, path, 0, "cannot be opened: %s", strerror(errno));
	result = read_all(file, ret_text);
	fclose(file);
	if (result == -EFBIG)
		return fault_set_at(fault, EFBIG, path, 0, "is larger than %u bytes", CONFIG_TEXT_MAX);
	if (result == -EINVAL)
		return fault_set_at(fault, EINVAL, path, 0, "is not text: there is a zero byte in it");
	if (result)
		return fault_set_at(fault, -result, path, 0, "cannot be read: %s", strerror(-result));
	return 0;
}

struct scan {
	const char *name;
	unsigned int line;
	unsigned int open, open_line; /* braces; where the outermost of them is */
	struct fault *fault;
};

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_-.:/%{}=, \t\r\n", c));
}

static int refuse_character(const struct scan *scan, char c, const char *where)
{
	if ((unsigned char)c < 0x20 || (unsigned char)c > 0x7e)
		return fault_set_at(scan->fault, EINVAL, scan->name, scan->line, "character 0x%02x %s",
				    (unsigned int)(unsigned char)c, where);
	return fault_set_at(scan->fault, EINVAL, scan->name, scan->line, "unexpected '%c' %s", c, where);
}

/* *text stands on the opening quote; it is moved to the closing one. */
static int scan_string(const struct scan *scan, char **text)
{
	const char quote = **text;
	char *at = *text + 1;

	for (; *at != quote; at++) {
		if (!*at || *at == '\n')
			return fault_set_at(scan->fault, EINVAL, scan->name, scan->line,
					    "a text in %c is not closed on its line", quote);
		if (*at == '\\' || (*at == '$' && at[1] == '{') || (unsigned char)*at < 0x20 || *at == 0x7f)
			return refuse_character(scan, *at, "in a text; it is not used here");
	}
	*text = at;
	return 0;
}

/* A brace too many is found by the library; one too few at the end of the file it takes for closed. */
static void scan_brace(struct scan *scan, char c)
{
	if (c == '{' && !scan->open++)
		scan->open_line = scan->line;
	else if (c == '}' && scan->open)
		scan->open--;
}

int config_text_clean(const char *name, char *text, struct fault *fault)
{
	struct scan scan = {.name = name, .line = 1, .fault = fault};
	int result = 0;

	for (char *at = text; *at && !result; at++) {
		if (*at == '#')
			for (; *at && *at != '\n'; at++)
				*at = ' ';
		if (!*at)
			break;
		if (*at == '\n')
			scan.line++;
		else if (*at == '"' || *at == '\'')
			result = scan_string(&scan, &at);
		else if (*at == '/' && (at[1] == '/' || at[1] == '*'))
			result = fault_set_at(fault, EINVAL, name, scan.line, "a comment begins with '#'");
		else if (!is_plain(*at))
			result = refuse_character(&scan, *at, "outside a text; put it in double quotes");
		else
			scan_brace(&scan, *at);
	}
	if (!result && scan.open)
		result = fault_set_at(fault, EINVAL, name, scan.open_line, "this '{' is not closed");
	return result;
}
