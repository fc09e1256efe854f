/* SPDX-License-Identifier: BSD-2-Clause */
/* What a cipher suite does to lengths. */
#ifndef GATEPOST_TLS_CIPHER_H
#define GATEPOST_TLS_CIPHER_H

#include <stdbool.h>
#include <stdint.h>

#define TLS_1_0 0x0301
#define TLS_1_1 0x0302
#define TLS_1_2 0x0303
#define TLS_1_3 0x0304

/* What a record adds to its plaintext on the wire, header included; equal unless the cipher hides it. 0, 0: unknown. */
struct tls_overhead {
	uint16_t least_bytes, most_bytes;
};

struct tls_overhead tls_cipher_overhead(uint16_t version, uint16_t suite);
/* The same from the body of a Finished of TLS 1.2 or before, where the suite was not seen. */
struct tls_overhead tls_finished_overhead(uint16_t version, uint16_t body_bytes);
/* The plaintext of a Finished of TLS 1.3: its header and one hash. 0: the suite is not of TLS 1.3. */
uint16_t tls_finished_bytes(uint16_t suite);

#endif
