/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and writing the fleet's bytes: network order, and a text is its length in one byte and then its characters.
 * A reader that ran out of bytes, or met what it refuses, stays `bad` and gives zeros: one check at the end is enough.
 */
#ifndef GATEPOST_BYTES_H
#define GATEPOST_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
	const uint8_t *at;
	size_t left;
	bool bad;
};

uint64_t read_number(struct reader *reader, size_t bytes);
void read_text(struct reader *reader, char *text, size_t size); /* printable ASCII that fits with its end */
uint8_t *write_number(uint8_t *at, uint64_t number, size_t bytes);
uint8_t *write_text(uint8_t *at, const char *text, size_t size); /* what is not printable becomes '?' */

#endif
