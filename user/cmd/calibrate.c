/* SPDX-License-Identifier: BSD-2-Clause */
/* gatepost calibrate: asks a mail server, as a client would, how long its answers are, and writes them down as a
 * profile. The only command that speaks to a mail server; never part of the daemon. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/adapters/account_file.h"
#include "user/adapters/clock.h"
#include "user/adapters/profile_file.h"
#include "user/adapters/resolve.h"
#include "user/adapters/secret.h"
#include "user/adapters/tls_client.h"
#include "user/cmd/cmd.h"
#include "user/core/duration.h"
#include "user/judge/rules.h"
#include "user/probe/probe.h"

#define TIMEOUT_MS 30000
#define TIMEOUT_MS_MAX 600000
#define ADDRESSES_MAX 8
#define USAGE                                                                                                          \
	"usage: gatepost calibrate [--account FILE] [--output FILE|-] [--profiles DIR] [--tls-verify yes|no] "         \
	"[--timeout 30s] imaps://NAME[:PORT]"

struct calibrate {
	const char *url, *account_file, *output, *profiles;
	int verify; /* -1: not said */
	struct probe_options probe;
	struct account account;
	struct probe_account credentials; /* points into it */
	struct tls_client *client;
	struct addr addr[ADDRESSES_MAX]; /* of the host */
	int addrs, server; /* the one that answered; -1: none yet */
	struct probe_transcript transcript;
	FILE *words; /* where people read; never where the JSON goes */
};

/* ---- words ----------------------------------------------------------------------------------------------------- */

static int timeout_parse(const char *text, uint32_t *ret_ms)
{
	uint64_t ns;

	if (duration_parse(text, &ns) || ns < NS_PER_MS || ns > TIMEOUT_MS_MAX * NS_PER_MS)
		return cmd_usage("--timeout wants a time such as 30s, at most 10m");
	*ret_ms = (uint32_t)(ns / NS_PER_MS);
	return 0;
}

static int verify_parse(const char *text, int *ret_verify)
{
	if (strcmp(text, "yes") && strcmp(text, "no"))
		return cmd_usage("--tls-verify wants yes or no");
	*ret_verify = *text == 'y';
	return 0;
}

static int parse_words(int argc, char **argv, struct calibrate *calibrate)
{
	static const struct option options[] = {
		{"account", required_argument, NULL, 'a'},    {"output", required_argument, NULL, 'o'},
		{"profiles", required_argument, NULL, 'p'},   {"timeout", required_argument, NULL, 't'},
		{"tls-verify", required_argument, NULL, 'v'}, {0},
	};
	int option, code = 0;

	while (!code && (option = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		if (option == 'a')
			calibrate->account_file = optarg;
		else if (option == 'o')
			calibrate->output = optarg;
		else if (option == 'p')
			calibrate->profiles = optarg;
		else if (option == 't')
			code = timeout_parse(optarg, &calibrate->probe.timeout_ms);
		else if (option == 'v')
			code = verify_parse(optarg, &calibrate->verify);
		else
			code = cmd_usage(USAGE);
	}
	if (!code && argc - optind != 1)
		code = cmd_usage(USAGE);
	calibrate->url = code ? NULL : argv[optind];
	return code;
}

static void nonce_make(char *ret_nonce)
{
	uint8_t bytes[PROBE_NONCE_CHARACTERS / 2];

	secret_random(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		sprintf(ret_nonce + 2 * i, "%02x", bytes[i]);
}

/* ---- the wire -------------------------------------------------------------------------------------------------- */

static uint64_t wire_now_ns(void *context)
{
	(void)context;
	return clock_monotonic_ns();
}

/* The first address that answers; from then on that one. */
static int wire_open(void *context, uint64_t until_ns, struct fault *fault)
{
	struct calibrate *calibrate = context;
	const uint16_t port = calibrate->probe.target.port;
	int err = -ENOENT;

	if (calibrate->server >= 0)
		return tls_client_connect(calibrate->client, &calibrate->addr[calibrate->server], port, until_ns,
					  fault);
	for (int i = 0; i < calibrate->addrs && err; i++) {
		err = tls_client_connect(calibrate->client, &calibrate->addr[i], port, until_ns, fault);
		calibrate->server = err ? -1 : i;
	}
	return err;
}

static int wire_secure(void *context, uint64_t until_ns, struct fault *fault)
{
	struct calibrate *calibrate = context;

	return tls_client_secure(calibrate->client, until_ns, fault);
}

static int wire_send(void *context, const char *bytes, size_t length, uint64_t until_ns)
{
	struct calibrate *calibrate = context;

	return tls_client_send(calibrate->client, bytes, length, until_ns);
}

static int wire_receive(void *context, char *buffer, size_t size, uint64_t until_ns)
{
	struct calibrate *calibrate = context;

	return tls_client_receive(calibrate->client, buffer, size, until_ns);
}

static size_t wire_tickets(void *context, uint32_t *ret_bytes, size_t max)
{
	struct calibrate *calibrate = context;

	return tls_client_tickets(calibrate->client, ret_bytes, max);
}

static void wire_close(void *context)
{
	struct calibrate *calibrate = context;

	tls_client_close(calibrate->client);
}

/* ---- the probe -------------------------------------------------------------------------------------------------- */

static int connection_new(struct calibrate *calibrate, struct fault *fault)
{
	const struct tls_client_options options = {
		.host = calibrate->probe.target.host, .verify = calibrate->verify > 0, .now_ns = clock_monotonic_ns};
	int count = resolve(options.host, calibrate->addr, ADDRESSES_MAX, fault);

	if (count < 0)
		return count;
	calibrate->addrs = count;
	calibrate->server = -1;
	return tls_client_new(&calibrate->client, &options, fault);
}

static int probe(struct calibrate *calibrate, struct fault *fault)
{
	const struct wire wire = {.context = calibrate,
				  .now_ns = wire_now_ns,
				  .open = wire_open,
				  .secure = wire_secure,
				  .send = wire_send,
				  .receive = wire_receive,
				  .tickets = wire_tickets,
				  .close = wire_close};
	int err = connection_new(calibrate, fault);

	if (err)
		return err;
	fprintf(calibrate->words,
		"probing %s with up to %d logins of a user that does not exist: the server may be slow to answer this\n"
		"address for a while; it is given %g s for each answer\n",
		calibrate->url, PROBE_WRONG_LOGINS_MAX, calibrate->probe.timeout_ms / 1000.0);
	fflush(calibrate->words);
	err = probe_run(&wire, &calibrate->probe, &calibrate->transcript, fault);
	if (err)
		return err;
	calibrate->transcript.server = calibrate->addr[calibrate->server];
	calibrate->transcript.port = calibrate->probe.target.port;
	calibrate->transcript.made_s = clock_wall_ns() / NS_PER_S;
	return 0;
}

/* ---- what came of it ------------------------------------------------------------------------------------------- */

static void print_steps(const struct calibrate *calibrate)
{
	fprintf(calibrate->words, "\n%-20s %6s %6s %8s  %s\n", "STEP", "SENT", "REPLY", "SECONDS", "TEXT");
	for (uint32_t i = 0; i < calibrate->transcript.steps; i++) {
		const struct transcript_step *step = &calibrate->transcript.step[i];

		fprintf(calibrate->words, "%-20s %6u %6u %8.3f  %.*s%s\n", step->name, step->sent_bytes,
			step->total_bytes, step->delay_ms / 1000.0, (int)strcspn(step->text, "\r\n"), step->text,
			step->closed ? " (hung up)" : "");
	}
}

static void print_lengths(const struct calibrate *calibrate, const struct profile *profile, enum reply reply)
{
	fprintf(calibrate->words, "%-10s", reply_text(reply));
	for (int i = 0; i < PROFILE_LENGTHS; i++)
		if (profile->length[reply][i].seen)
			fprintf(calibrate->words, " %u", profile->length[reply][i].bytes);
	fprintf(calibrate->words, " bytes%s\n",
		profile->protocol == PROTOCOL_IMAP && reply_is_tagged(reply) ? " and the tag" : "");
}

/* They may be other servers, and whether to probe them as well is the operator's to say. */
static void print_others(const struct calibrate *calibrate)
{
	char text[ADDR_TEXT_BYTES];

	for (int i = 0; i < calibrate->addrs; i++)
		if (i != calibrate->server)
			fprintf(calibrate->words, "%s is also %s: a profile of its own, not made now\n",
				calibrate->probe.target.host, addr_text(&calibrate->addr[i], text));
}

static void print_result(const struct calibrate *calibrate, const struct profile *profile)
{
	const char *doubt = tls_client_doubt(calibrate->client);

	print_steps(calibrate);
	fprintf(calibrate->words, "\nTLS        %s, certificate %s%s\n", tls_client_cipher(calibrate->client),
		*doubt ? "not verified: " : "verified", doubt);
	for (int reply = 0; reply < REPLY_MAX; reply++)
		if (profile_seen(profile, (enum reply)reply))
			print_lengths(calibrate, profile, (enum reply)reply);
	fprintf(calibrate->words, "%u wrong logins were made\n", calibrate->transcript.wrong_logins);
	print_others(calibrate);
	if (tls_client_is_padded(calibrate->client))
		fputs("WARNING: the server pads its TLS records: their lengths will not tell outcomes apart\n",
		      calibrate->words);
}

static int write_result(struct calibrate *calibrate, const char *text, struct fault *fault)
{
	const struct profile_key key = {calibrate->transcript.server, calibrate->transcript.port};
	char path[4096];
	int err = 0;

	if (calibrate->output && !strcmp(calibrate->output, "-"))
		err = fputs(text, stdout) < 0 || fflush(stdout) ? fault_set(fault, EIO, "standard output: %m") : 0;
	else if (calibrate->output)
		err = transcript_store(calibrate->output, &calibrate->transcript, fault);
	if (!err && calibrate->profiles) {
		if (profile_path(calibrate->profiles, &key, path, sizeof(path)))
			return fault_set(fault, ENAMETOOLONG, "%s: too long a name", calibrate->profiles);
		err = transcript_store(path, &calibrate->transcript, fault);
		if (!err)
			fprintf(calibrate->words, "written to %s\n", path);
	}
	if (!calibrate->output && !calibrate->profiles)
		fputs("nothing was written: --profiles DIR or --output FILE\n", calibrate->words);
	return err;
}

static int conclude(struct calibrate *calibrate, struct fault *fault)
{
	char *text = transcript_write_text(&calibrate->transcript);
	struct profile profile;
	int err;

	if (!text)
		return fault_set(fault, ENOMEM, "no memory for the profile");
	err = profile_read_text("the probe", text, 0, &profile, NULL, fault);
	if (!err) {
		print_result(calibrate, &profile);
		err = write_result(calibrate, text, fault);
	}
	free(text);
	return err;
}

/* ---- all -------------------------------------------------------------------------------------------------------- */

static int account_take(struct calibrate *calibrate, struct fault *fault)
{
	int err = calibrate->account_file ? account_load(calibrate->account_file, &calibrate->account, fault) : 0;

	if (err || !calibrate->account_file)
		return err;
	calibrate->credentials = (struct probe_account){calibrate->account.name, calibrate->account.password};
	calibrate->probe.account = &calibrate->credentials;
	return 0;
}

/* A wrong password may be shown to anybody; a right one only to the server that it is for. */
static int calibrate_run(struct calibrate *calibrate, struct fault *fault)
{
	int err = account_take(calibrate, fault);

	if (calibrate->verify < 0)
		calibrate->verify = calibrate->account_file != NULL;
	if (!err)
		err = probe(calibrate, fault);
	return err ? err : conclude(calibrate, fault);
}

int cmd_calibrate(int argc, char **argv)
{
	struct calibrate *calibrate = calloc(1, sizeof(*calibrate)); /* a transcript is large */
	struct fault fault = {0};
	int code = EXIT_NOT_FOUND;

	if (!calibrate)
		return code;
	calibrate->verify = -1;
	calibrate->probe.timeout_ms = TIMEOUT_MS;
	code = parse_words(argc, argv, calibrate);
	if (!code && target_parse(calibrate->url, &calibrate->probe.target, &fault))
		code = cmd_usage(fault.text);
	if (!code) {
		calibrate->words = calibrate->output && !strcmp(calibrate->output, "-") ? stderr : stdout;
		nonce_make(calibrate->probe.nonce);
		signal(SIGPIPE, SIG_IGN); /* OpenSSL writes to a socket that the server may have closed */
		/* A server that refuses is no daemon that is missing: whatever it was, it is 1. */
		code = calibrate_run(calibrate, &fault) ? cmd_fail(&fault, -EIO) : EXIT_OK;
	}
	account_wipe(&calibrate->account);
	tls_client_free(calibrate->client);
	free(calibrate);
	return code;
}
