/* SPDX-License-Identifier: BSD-2-Clause */
/* What really happened: a CSV file (RFC 4180, without line ends in fields), one row a TCP connection, from the servers'
 * own logs or from whoever made the capture. The first line names the columns, which may come in any order.
 *
 * These must be there:
 * - client_ip, client_port, server_ip, server_port
 * - outcomes: a letter an attempt: F failed, S succeeded, A aborted, T temporary failure, ? never answered, U not known
 * - t_first_syn: seconds since 1970, with up to nine decimals
 *
 * These may:
 * - pcap: file name of the capture; empty: any
 * - n_attempts: how many letters
 * - proto, starttls: imap, pop3, smtp or the name of a service; 0 or 1
 * - attack, family: 1 or 0; of which kind
 * - server_software, tool, tls_version, cipher, handshake, profile: for bench/accuracy
 *
 * Other columns are left alone. */
#ifndef GATEPOST_LABELS_H
#define GATEPOST_LABELS_H

#include <stdbool.h>
#include <stdio.h>

#include "user/core/addr.h"
#include "user/core/fault.h"

#define LABEL_TEXT_BYTES 96 /* any text but outcomes, with its end */
#define LABEL_OUTCOMES_MAX 4096
#define LABELS_LINE_BYTES 16384

struct label_row {
	struct addr client, server;
	uint64_t time_ns; /* of the first SYN, since 1970 */
	/* Never NULL, "" for what is not told; owned by the labels. */
	const char *pcap, *software, *service, *outcomes, *tool, *tls, *handshake, *profile, *family;
	size_t capture, host; /* the first row of the same capture, of the same server address */
	uint16_t client_port, server_port;
	uint16_t cipher; /* suite; 0: none */
	bool attack, starttls;
	bool missing; /* its capture is not looked at; the caller's note */
};

struct labels {
	struct label_row *row;
	size_t count;
	bool has_attack, has_family;
	void *word[3]; /* inside: the texts, each once */
};

/* -errno; -EBADMSG, with file, line, column and what was expected in `fault`. */
int labels_load(struct labels *ret_labels, const char *path, struct fault *fault);
/* The same from an open stream; `name` stands in the faults. */
int labels_read(struct labels *ret_labels, FILE *stream, const char *name, struct fault *fault);
void labels_free(struct labels *labels);

#endif
