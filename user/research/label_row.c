/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/research/label_row.h"

#include <stdlib.h>
#include <string.h>

#include "user/core/attempt.h"
#include "user/core/duration.h"

#define WALL_S_MAX (1ULL << 33) /* the year 2242; nanoseconds fit */

/* Digits and nothing else, at most `max`. */
static bool number(const char *text, unsigned long long max, unsigned long long *ret_number)
{
	unsigned long long sum = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		sum = sum * 10 + (unsigned long long)(*text - '0');
		if (sum > max)
			return false;
	}
	*ret_number = sum;
	return true;
}

static bool port(const char *text, uint16_t *ret_port)
{
	unsigned long long value;

	if (!number(text, UINT16_MAX, &value) || !value)
		return false;
	*ret_port = (uint16_t)value;
	return true;
}

static bool word(const char *text, const char **ret_text)
{
	*ret_text = text;
	return strlen(text) < LABEL_TEXT_BYTES;
}

static bool one_of(const char *text, const char *const *words)
{
	while (*words && strcmp(*words, text))
		words++;
	return *words != NULL;
}

/* ---- a column each ---------------------------------------------------------------------------------------------- */

static bool read_client(struct label_draft *draft, const char *text)
{
	return !addr_parse(text, &draft->row.client);
}

static bool read_client_port(struct label_draft *draft, const char *text)
{
	return port(text, &draft->row.client_port);
}

static bool read_server(struct label_draft *draft, const char *text)
{
	return !addr_parse(text, &draft->row.server);
}

static bool read_server_port(struct label_draft *draft, const char *text)
{
	return port(text, &draft->row.server_port);
}

static bool read_outcomes(struct label_draft *draft, const char *text)
{
	draft->row.outcomes = text;
	return strspn(text, "FSUAT?") == strlen(text) && strlen(text) <= LABEL_OUTCOMES_MAX;
}

static bool read_attempts(struct label_draft *draft, const char *text)
{
	unsigned long long value;

	if (!number(text, LABEL_OUTCOMES_MAX, &value))
		return false;
	draft->attempts = (unsigned int)value;
	draft->attempts_told = true;
	return true;
}

/* "1795470650.493974", without rounding. */
static bool read_time(struct label_draft *draft, const char *text)
{
	const size_t whole = strcspn(text, ".");
	char seconds[16] = "", decimals[10] = "000000000";
	unsigned long long s, ns;

	if (whole >= sizeof(seconds) || strlen(text + whole) > 10)
		return false;
	memcpy(seconds, text, whole);
	if (text[whole] == '.')
		memcpy(decimals, text + whole + 1, strlen(text + whole + 1));
	if (!number(seconds, WALL_S_MAX, &s) || !number(decimals, NS_PER_S - 1, &ns))
		return false;
	draft->row.time_ns = s * NS_PER_S + ns;
	return true;
}

static bool read_pcap(struct label_draft *draft, const char *text)
{
	return word(text, &draft->row.pcap);
}

static bool read_service(struct label_draft *draft, const char *text)
{
	enum gp_service service;

	draft->row.service = text;
	return !*text || !strcmp(text, "smtp") || !service_parse(text, &service);
}

static bool read_starttls(struct label_draft *draft, const char *text)
{
	static const char *const words[] = {"", "0", "1", NULL};

	draft->row.starttls = *text == '1';
	return one_of(text, words);
}

static bool read_attack(struct label_draft *draft, const char *text)
{
	static const char *const words[] = {"0", "1", NULL};

	draft->row.attack = *text == '1';
	return one_of(text, words);
}

static bool read_family(struct label_draft *draft, const char *text)
{
	return word(text, &draft->row.family);
}

static bool read_software(struct label_draft *draft, const char *text)
{
	return word(text, &draft->row.software);
}

static bool read_tool(struct label_draft *draft, const char *text)
{
	return word(text, &draft->row.tool);
}

static bool read_tls(struct label_draft *draft, const char *text)
{
	return word(text, &draft->row.tls);
}

static bool read_cipher(struct label_draft *draft, const char *text)
{
	draft->row.cipher = (uint16_t)strtoul(text, NULL, 16);
	return strlen(text) <= 4 && strspn(text, "0123456789abcdefABCDEF") == strlen(text);
}

static bool read_handshake(struct label_draft *draft, const char *text)
{
	static const char *const words[] = {"", "none", "partial", "done", NULL};

	draft->row.handshake = text;
	return one_of(text, words);
}

static bool read_profile(struct label_draft *draft, const char *text)
{
	return word(text, &draft->row.profile);
}

#define SHORT_TEXT "at most 95 characters"

const struct label_column label_columns[] = {
	{"client_ip", true, read_client, "an IPv4 or IPv6 address"},
	{"client_port", true, read_client_port, "a port from 1 to 65535"},
	{"server_ip", true, read_server, "an IPv4 or IPv6 address"},
	{"server_port", true, read_server_port, "a port from 1 to 65535"},
	{"outcomes", true, read_outcomes, "a letter an attempt: F, S, A, T, U or ?; at most 4096"},
	{"t_first_syn", true, read_time, "seconds since 1970, such as 1795470650.493974"},
	{"n_attempts", false, read_attempts, "a number from 0 to 4096"},
	{"pcap", false, read_pcap, SHORT_TEXT},
	{"proto", false, read_service, "imap, pop3, smtp or the name of a service"},
	{"starttls", false, read_starttls, "0 or 1"},
	{"attack", false, read_attack, "0 or 1"},
	{"family", false, read_family, SHORT_TEXT},
	{"server_software", false, read_software, SHORT_TEXT},
	{"tool", false, read_tool, SHORT_TEXT},
	{"tls_version", false, read_tls, SHORT_TEXT},
	{"cipher", false, read_cipher, "four hexadecimal digits"},
	{"handshake", false, read_handshake, "none, partial or done"},
	{"profile", false, read_profile, SHORT_TEXT},
};
const size_t label_columns_count = sizeof(label_columns) / sizeof(label_columns[0]);
