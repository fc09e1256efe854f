/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of accounts and passwords as the words that go over the wire: equal numbers are equal words, and other
 * numbers are others. They are made up, and nobody's. */
#ifndef GATEPOST_SYNTH_WORDS_H
#define GATEPOST_SYNTH_WORDS_H

#include <stdint.h>

#define WORDS_ACCOUNT_BYTES 80
#define WORDS_PASSWORD_BYTES 32

const char *words_account(uint64_t account, char buffer[WORDS_ACCOUNT_BYTES]); /* "mirado42@1.example.net" */
const char *words_password(uint64_t password, char buffer[WORDS_PASSWORD_BYTES]);

#endif
