/* SPDX-License-Identifier: BSD-2-Clause */
/* A table of suites as ranges of their numbers (IANA TLS Cipher Suites). What nobody offers for mail (PSK, SRP, NULL,
 * export) is not in it and unknown.
 *
 * CBC: IV (from TLS 1.1 on), plaintext, MAC and 1..block bytes of padding. Encrypt-then-MAC (RFC 7366) takes the MAC
 * out of what is padded: the same interval of plaintexts, so nobody needs to know whether it was agreed on. Padding
 * beyond one block is allowed and long out of use. */
#include "user/read/tls_cipher.h"

#include <stddef.h>

#define HEADER 5
#define FINISHED_12_BYTES 16 /* RFC 5246, 7.4.9: header and 12 bytes */
#define SHA1 20
#define SHA256 32
#define SHA384 48

enum kind {
	EXACT, /* always `fixed` bytes: AEAD, stream */
	CBC, /* IV of a block, MAC of `fixed`, padding */
};

struct range {
	uint16_t first, last, step;
	uint8_t kind; /* enum kind */
	uint8_t fixed;
	uint8_t block;
};

static const struct range ranges[] = {
	{0x0004, 0x0004, 1, EXACT, 16, 0}, /* RC4 MD5 */
	{0x0005, 0x0005, 1, EXACT, SHA1, 0}, /* RC4 */
	{0x0007, 0x0007, 1, CBC, SHA1, 8}, /* IDEA */
	{0x000a, 0x001b, 3, CBC, SHA1, 8}, /* 3DES: 0a 0d 10 13 16, and 1b anonymous */
	{0x002f, 0x003a, 1, CBC, SHA1, 16}, /* AES */
	{0x003c, 0x0040, 1, CBC, SHA256, 16}, {0x0041, 0x0046, 1, CBC, SHA1, 16}, /* Camellia */
	{0x0067, 0x006d, 1, CBC, SHA256, 16}, {0x0084, 0x0089, 1, CBC, SHA1, 16},
	{0x0096, 0x009b, 1, CBC, SHA1, 16}, /* SEED */
	{0x009c, 0x00a7, 1, EXACT, 24, 0}, /* AES-GCM */
	{0x00ba, 0x00c5, 1, CBC, SHA256, 16}, /* Camellia */
	{0xc002, 0xc016, 5, EXACT, SHA1, 0}, /* ECC: RC4, */
	{0xc003, 0xc017, 5, CBC, SHA1, 8}, /* 3DES, */
	{0xc004, 0xc018, 5, CBC, SHA1, 16}, /* AES-128, */
	{0xc005, 0xc019, 5, CBC, SHA1, 16}, /* AES-256 */
	{0xc023, 0xc029, 2, CBC, SHA256, 16}, {0xc024, 0xc02a, 2, CBC, SHA384, 16},
	{0xc02b, 0xc032, 1, EXACT, 24, 0}, /* AES-GCM */
	{0xc03c, 0xc04e, 2, CBC, SHA256, 16}, /* ARIA */
	{0xc03d, 0xc04f, 2, CBC, SHA384, 16}, {0xc050, 0xc063, 1, EXACT, 24, 0}, /* ARIA-GCM */
	{0xc072, 0xc078, 2, CBC, SHA256, 16}, /* Camellia */
	{0xc073, 0xc079, 2, CBC, SHA384, 16}, {0xc07a, 0xc08d, 1, EXACT, 24, 0}, /* Camellia-GCM */
	{0xc09c, 0xc09f, 1, EXACT, 24, 0}, /* AES-CCM */
	{0xc0a0, 0xc0a3, 1, EXACT, 16, 0}, /* AES-CCM_8 */
	{0xc0ac, 0xc0ad, 1, EXACT, 24, 0},    {0xc0ae, 0xc0af, 1, EXACT, 16, 0},
	{0xcca8, 0xccaa, 1, EXACT, 16, 0}, /* ChaCha20: its nonce is not sent */
};

static const struct range *range_find(uint16_t suite)
{
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		const struct range *range = &ranges[i];

		if (suite >= range->first && suite <= range->last && (suite - range->first) % range->step == 0)
			return range;
	}
	return NULL;
}

static struct tls_overhead exactly(unsigned int bytes)
{
	return (struct tls_overhead){(uint16_t)(HEADER + bytes), (uint16_t)(HEADER + bytes)};
}

static struct tls_overhead cbc(uint16_t version, unsigned int mac, unsigned int block)
{
	const unsigned int fixed = HEADER + mac + (version > TLS_1_0 ? block : 0);

	return (struct tls_overhead){(uint16_t)(fixed + 1), (uint16_t)(fixed + block)};
}

static bool is_13(uint16_t suite)
{
	return suite >= 0x1301 && suite <= 0x1305;
}

struct tls_overhead tls_cipher_overhead(uint16_t version, uint16_t suite)
{
	const struct range *range;

	if (version == TLS_1_3)
		return is_13(suite) ? exactly(suite == 0x1305 ? 9 : 17) : (struct tls_overhead){0};
	range = range_find(suite);
	if (!range)
		return (struct tls_overhead){0};
	return range->kind == EXACT ? exactly(range->fixed) : cbc(version, range->fixed, range->block);
}

struct tls_overhead tls_finished_overhead(uint16_t version, uint16_t body_bytes)
{
	switch (body_bytes) {
	case FINISHED_12_BYTES + 24: /* or 3DES of TLS 1.0 */
		return version == TLS_1_2 ? exactly(24) : (struct tls_overhead){0};
	case FINISHED_12_BYTES + 16: /* or RC4 with MD5 */
		return exactly(16);
	case FINISHED_12_BYTES + SHA1: /* RC4 */
		return exactly(SHA1);
	case 48: /* AES of TLS 1.0: 16 + 20, padded; 3DES from TLS 1.1 on has an IV: 8 + 16 + 20, padded */
		return cbc(version, SHA1, version > TLS_1_0 ? 8 : 16);
	case 64:
	case 68: /* encrypt-then-MAC */
		return version > TLS_1_0 ? cbc(version, SHA1, 16) : (struct tls_overhead){0};
	case 80: /* either way */
		return version == TLS_1_2 ? cbc(version, SHA256, 16) : (struct tls_overhead){0};
	case 96:
		return version == TLS_1_2 ? cbc(version, SHA384, 16) : (struct tls_overhead){0};
	default:
		return (struct tls_overhead){0};
	}
}

uint16_t tls_finished_bytes(uint16_t suite)
{
	if (!is_13(suite))
		return 0;
	return 4 + (suite == 0x1302 ? SHA384 : SHA256);
}
