/* SPDX-License-Identifier: BSD-2-Clause */
/* Words one after the other, bounded. */
#include "user/core/sentence.h"

#include <stdarg.h>
#include <stdio.h>

#include "user/core/duration.h"
#include "user/judge/rules.h"

struct sentence sentence_start(char *buffer, size_t size)
{
	buffer[0] = '\0';
	return (struct sentence){.text = buffer, .size = size};
}

void sentence_add(struct sentence *sentence, const char *format, ...)
{
	const size_t room = sentence->size - sentence->length;
	va_list values;
	int wanted;

	va_start(values, format);
	wanted = vsnprintf(sentence->text + sentence->length, room, format, values);
	va_end(values);
	if (wanted < 0)
		return;
	sentence->length += (size_t)wanted < room ? (size_t)wanted : room - 1;
}

void sentence_add_duration(struct sentence *sentence, const char *before, uint64_t ns)
{
	char buffer[DURATION_TEXT_BYTES];

	sentence_add(sentence, "%s%s", before, duration_text(ns, buffer, sizeof(buffer)));
}
