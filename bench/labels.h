/* SPDX-License-Identifier: BSD-2-Clause */
/* What really happened: one row a TCP connection, from the servers' own logs (the corpus' README.md has the format). */
#ifndef GATEPOST_LABELS_H
#define GATEPOST_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/core/addr.h"

#define LABEL_TEXT_BYTES 96
#define LABEL_OUTCOMES_MAX 64

struct label_row {
	char pcap[LABEL_TEXT_BYTES];
	struct addr client, server;
	uint16_t client_port, server_port;
	char software[LABEL_TEXT_BYTES];
	char service[8]; /* imap, pop3, smtp */
	bool starttls;
	char outcomes[LABEL_OUTCOMES_MAX + 1]; /* F, S, A, T, ? */
	char tool[LABEL_TEXT_BYTES];
	char tls[8]; /* "1.2"; "" */
	uint16_t cipher; /* suite; 0: none */
	char handshake[8]; /* none, partial, done */
	char profile[LABEL_TEXT_BYTES]; /* file of the probe's transcript; "" if there is none */
	size_t capture, host; /* the first row of the same capture, of the same server address */
	bool missing; /* its capture is not here */
};

struct labels {
	struct label_row *row;
	size_t count;
};

int labels_load(struct labels *ret_labels, const char *path); /* -errno; -EBADMSG */
void labels_free(struct labels *labels);

#endif
