/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/synth/words.h"

#include <stdio.h>

#include "user/synth/dice.h"

#define LOW_BITS 32
#define PASSWORD_LEAST 6
#define PASSWORD_SPREAD 11

/* Lengths spread as people's do; what makes it one of a kind is the number behind the syllables. */
const char *words_account(uint64_t account, char buffer[WORDS_ACCOUNT_BYTES])
{
	static const char consonants[] = "bdfgklmnprstvz", vowels[] = "aeiou";
	uint64_t word = dice_mix(account);
	const unsigned int syllables = 1 + (unsigned int)(word % 5);
	char name[16];
	unsigned int at = 0;

	for (unsigned int i = 0; i < syllables; i++) {
		word = dice_mix(word);
		name[at++] = consonants[word % (sizeof(consonants) - 1)];
		name[at++] = vowels[(word >> 8) % (sizeof(vowels) - 1)];
	}
	name[at] = '\0';
	snprintf(buffer, WORDS_ACCOUNT_BYTES, "%s%u@%llx.example.net", name, (unsigned int)account,
		 (unsigned long long)(account >> LOW_BITS));
	return buffer;
}

const char *words_password(uint64_t password, char buffer[WORDS_PASSWORD_BYTES])
{
	static const char letters[] = "abcdefghijkmnopqrstuvwxyz23456789";
	const unsigned int length = PASSWORD_LEAST + (unsigned int)(dice_mix(password) % PASSWORD_SPREAD);
	uint64_t word = dice_mix(password ^ 0x70617373);

	for (unsigned int i = 0; i < length; i++, word = dice_mix(word))
		buffer[i] = letters[word % (sizeof(letters) - 1)];
	buffer[length] = '\0';
	return buffer;
}
