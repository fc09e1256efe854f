/* SPDX-License-Identifier: BSD-2-Clause */
/* Two ways by which foreign bytes reach a profile. What begins with '{' is a file: refused in words, or it reads back
 * as it was written. Anything else is a server that is probed: whatever it answers, the probe ends, and what it wrote
 * down is a profile that can be read. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/adapters/profile_file.h"
#include "user/probe/probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define RECORD_END 0x00
#define HANGS_UP 0xff
#define RECEIVES_MAX 200000 /* 96 steps of at most 1024 records each */

static void file_is_read(const uint8_t *bytes, size_t length)
{
	struct profile_key key;
	struct profile profile;
	struct fault fault = {.text = ""};
	char *text = malloc(length + 1), *again;

	memcpy(text, bytes, length);
	text[length] = '\0';
	if (profile_read_text("fuzz", text, 0, &profile, &key, &fault)) {
		if (!fault.text[0])
			abort();
		free(text);
		return;
	}
	free(text);
	text = profile_write_text(&profile, &key);
	if (!text || profile_read_text("again", text, 0, &profile, &key, &fault))
		abort();
	again = profile_write_text(&profile, &key);
	if (!again || strcmp(text, again))
		abort();
	free(text);
	free(again);
}

/* ---- a server -------------------------------------------------------------------------------------------------- */

struct server {
	const uint8_t *at, *end;
	uint64_t now_ns;
	unsigned int receives;
};

static uint64_t server_now_ns(void *context)
{
	return ((struct server *)context)->now_ns;
}

static int server_open(void *context, uint64_t until_ns, struct fault *fault)
{
	(void)context;
	(void)until_ns;
	(void)fault;
	return 0;
}

static int server_send(void *context, const char *bytes, size_t length, uint64_t until_ns)
{
	(void)context;
	(void)until_ns;
	if (!length || bytes[length - 1] != '\n' || memchr(bytes, '\n', length - 1))
		abort(); /* one line at a time, whatever the account is */
	return 0;
}

static int server_receive(void *context, char *buffer, size_t size, uint64_t until_ns)
{
	struct server *server = context;
	size_t length = 0;

	if (++server->receives > RECEIVES_MAX)
		abort();
	server->now_ns += 1000000;
	if (until_ns < server->now_ns) /* only asked whether there is more: mostly not */
		return -ETIMEDOUT;
	if (server->at == server->end || *server->at == HANGS_UP) {
		server->at += server->at < server->end;
		return 0;
	}
	while (server->at < server->end && length < size && *server->at != RECORD_END && *server->at != HANGS_UP)
		buffer[length++] = (char)*server->at++;
	if (server->at < server->end && *server->at == RECORD_END)
		server->at++;
	return length ? (int)length : -ETIMEDOUT;
}

static size_t server_tickets(void *context, uint32_t *ret_bytes, size_t max)
{
	(void)context;
	ret_bytes[0] = 233;
	return max ? 1 : 0;
}

static void server_close(void *context)
{
	(void)context;
}

static void written_down_can_be_read(const struct probe_transcript *transcript)
{
	struct profile_key key;
	struct profile profile;
	char *text = transcript_write_text(transcript);

	if (!text || profile_read_text("probe", text, 0, &profile, &key, NULL))
		abort();
	free(text);
}

static void server_is_probed(const uint8_t *bytes, size_t length)
{
	static const struct probe_account account = {"alice", "secret"};
	static struct probe_transcript transcript; /* large */
	struct server server = {.at = bytes + 1, .end = bytes + length};
	const struct wire wire = {&server,     server_now_ns,  server_open,    server_open,
				  server_send, server_receive, server_tickets, server_close};
	const struct probe_options options = {
		.target = {.host = "mail.example", .port = 1, .service = (uint8_t)(1 + bytes[0] % 6)},
		.timeout_ms = 1000,
		.nonce = "0123456789abcdef",
		.account = bytes[0] & 0x40 ? &account : NULL,
	};
	struct fault fault = {.text = ""};

	memset(&transcript, 0, sizeof(transcript));
	if (!probe_run(&wire, &options, &transcript, &fault)) {
		transcript.port = 1;
		written_down_can_be_read(&transcript);
	} else if (!fault.text[0]) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	if (length && bytes[0] == '{')
		file_is_read(bytes, length);
	else if (length)
		server_is_probed(bytes, length);
	return 0;
}
