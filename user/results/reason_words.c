/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/results/reason_words.h"

const char *reason_words(enum gp_reason reason)
{
	static const char *const words[] = {
#define REASON_WORDS(name, text, drops) text,
		GP_REASONS(REASON_WORDS)
#undef REASON_WORDS
	};

	return words[reason];
}
