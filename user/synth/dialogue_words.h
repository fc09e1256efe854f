/* SPDX-License-Identifier: BSD-2-Clause */
/* What clients say, and the prompts that they answer. */
#ifndef GATEPOST_SYNTH_DIALOGUE_WORDS_H
#define GATEPOST_SYNTH_DIALOGUE_WORDS_H

#include "user/synth/dialogue.h"

#define DIALOGUE_TAG_BYTES 16

void dialogue_add(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The tag of the command that was said last. */
void dialogue_tag(const struct dialogue *dialogue, char buffer[DIALOGUE_TAG_BYTES]);
bool dialogue_is_sasl(const struct dialogue *dialogue); /* this login: AUTHENTICATE and AUTH, not LOGIN and PASS */
void dialogue_prompt(const struct dialogue *dialogue, struct line *line);
/* The client's next line; sets how many responses are to follow on it. */
void dialogue_command(struct dialogue *dialogue, struct line *line);

#endif
