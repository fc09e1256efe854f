/* SPDX-License-Identifier: BSD-2-Clause */
/* strtoull takes signs, spaces and octal; a configuration should not. */
#include "user/config/config_digits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

int digits_whole(const char **text, uint64_t *ret_whole)
{
	char *end;

	if (**text < '0' || **text > '9' || (**text == '0' && (*text)[1] >= '0' && (*text)[1] <= '9'))
		return -EINVAL;
	errno = 0;
	*ret_whole = strtoull(*text, &end, 10);
	*text = end;
	return errno ? -ERANGE : 0;
}

int digits_decimal(const char **text, unsigned int decimals, uint64_t *ret_scaled)
{
	uint64_t scaled;
	int result = digits_whole(text, &scaled);

	if (!result && **text == '.' && ((*text)[1] < '0' || (*text)[1] > '9'))
		result = -EINVAL;
	if (!result && **text == '.')
		(*text)++;
	else if (!result && **text >= '0' && **text <= '9')
		result = -EINVAL;
	for (; !result && decimals; decimals--) {
		const bool digit = **text >= '0' && **text <= '9';

		if (__builtin_mul_overflow(scaled, 10, &scaled))
			result = -ERANGE;
		else if (digit)
			scaled += (uint64_t)(*(*text)++ - '0');
	}
	if (!result)
		*ret_scaled = scaled;
	return result;
}

void digits_print(uint64_t scaled, unsigned int decimals, struct sentence *sentence)
{
	uint64_t unit = 1;

	for (unsigned int i = 0; i < decimals; i++)
		unit *= 10;
	while (decimals && scaled % 10 == 0) {
		scaled /= 10;
		unit /= 10;
		decimals--;
	}
	sentence_add(sentence, "%" PRIu64, scaled / unit);
	if (decimals)
		sentence_add(sentence, ".%0*" PRIu64, (int)decimals, scaled % unit);
}
