/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text is either refused with a line, or becomes settings that print as a text which reads back the same. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static char *print(const struct settings *settings)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	config_print(settings, file);
	fclose(file);
	return text;
}

static void read_back(const struct settings *settings)
{
	struct settings *again = NULL;
	struct fault fault = {.text = ""};
	char *text = print(settings), *text_again;

	if (config_load_text("again", text, &again, &fault)) {
		fprintf(stderr, "%s\n%s:%u: %s\n", text, fault.file, fault.line, fault.text);
		abort();
	}
	text_again = print(again);
	if (strcmp(text, text_again)) {
		fprintf(stderr, "%s\n---\n%s\n", text, text_again);
		abort();
	}
	config_free(again);
	free(text);
	free(text_again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct settings *settings = NULL;
	struct fault fault = {.text = ""};
	char *text = malloc(length + 1);

	memcpy(text, bytes, length);
	text[length] = '\0';
	if (!config_load_text("fuzz", text, &settings, &fault)) {
		read_back(settings);
		config_free(settings);
	} else if (!fault.text[0]) {
		abort();
	}
	free(text);
	return 0;
}
