/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/labels.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum column {
	PCAP,
	CLIENT,
	CLIENT_PORT,
	SERVER,
	SERVER_PORT,
	SOFTWARE,
	SERVICE,
	STARTTLS,
	ATTEMPTS,
	OUTCOMES,
	USER,
	TOOL,
	ROOT,
	SCENARIO,
	TLS,
	CIPHER,
	RESUMED,
	HANDSHAKE,
	TIME,
	PACKETS_IN,
	PACKETS_OUT,
	PROFILE,
	COLUMNS,
};

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

/* The next field, unquoted (RFC 4180; no quotes within quotes). */
static char *field_next(char **rest)
{
	char *field = *rest, *end;

	if (!field || *field != '"')
		return strsep(rest, ",");
	end = strchr(++field, '"');
	if (!end)
		return NULL;
	*end = '\0';
	*rest = end[1] == ',' ? end + 2 : NULL;
	return field;
}

static int row_parse(struct label_row *row, char *line)
{
	char *column[COLUMNS] = {0}, *rest = line;
	size_t count = 0;

	line[strcspn(line, "\r\n")] = '\0';
	while (count < COLUMNS && (column[count] = field_next(&rest)))
		count++;
	if (count != COLUMNS || rest || addr_parse(column[CLIENT], &row->client) ||
	    addr_parse(column[SERVER], &row->server) || strlen(column[OUTCOMES]) > LABEL_OUTCOMES_MAX)
		return -EBADMSG;
	copy(row->pcap, sizeof(row->pcap), column[PCAP]);
	row->client_port = (uint16_t)atoi(column[CLIENT_PORT]);
	row->server_port = (uint16_t)atoi(column[SERVER_PORT]);
	copy(row->software, sizeof(row->software), column[SOFTWARE]);
	copy(row->service, sizeof(row->service), column[SERVICE]);
	row->starttls = column[STARTTLS][0] == '1';
	copy(row->outcomes, sizeof(row->outcomes), column[OUTCOMES]);
	copy(row->tool, sizeof(row->tool), column[TOOL]);
	copy(row->tls, sizeof(row->tls), column[TLS]);
	row->cipher = (uint16_t)strtoul(column[CIPHER], NULL, 16);
	copy(row->handshake, sizeof(row->handshake), column[HANDSHAKE]);
	copy(row->profile, sizeof(row->profile), column[PROFILE]);
	return 0;
}

static void row_place(const struct labels *labels, struct label_row *row)
{
	row->capture = row->host = labels->count;
	for (size_t i = labels->count; i--;) {
		if (!strcmp(labels->row[i].pcap, row->pcap))
			row->capture = i;
		if (!memcmp(&labels->row[i].server, &row->server, sizeof(row->server)))
			row->host = i;
	}
}

static int labels_add(struct labels *labels, struct label_row *row)
{
	struct label_row *rows = realloc(labels->row, (labels->count + 1) * sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	labels->row = rows;
	row_place(labels, row);
	rows[labels->count++] = *row;
	return 0;
}

static int labels_read(struct labels *labels, FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	int error = 0;

	while (!error && getline(&line, &size, file) > 0) {
		struct label_row row = {0};

		if (!strncmp(line, "pcap,", 5))
			continue;
		error = row_parse(&row, line);
		if (!error)
			error = labels_add(labels, &row);
	}
	free(line);
	return error;
}

int labels_load(struct labels *ret_labels, const char *path)
{
	struct labels labels = {0};
	FILE *file = fopen(path, "re");
	int error;

	if (!file)
		return -errno;
	error = labels_read(&labels, file);
	fclose(file);
	if (error)
		labels_free(&labels);
	else
		*ret_labels = labels;
	return error;
}

void labels_free(struct labels *labels)
{
	free(labels->row);
	*labels = (struct labels){0};
}
