/* SPDX-License-Identifier: BSD-2-Clause */
/* nDPI 4.2 behind a small face. nDPI wants IP packets, a sample has only payload: the packet is made up again in a
 * scratch buffer.
 *
 * Only the dissectors of `named` are on. The others would parse hostile bytes to answer a question nobody asks, and
 * some of them keep passwords. The mail dissectors do so too: that memory is wiped after every packet. */
#include "user/adapters/classify.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include <ndpi/ndpi_api.h>

/* Of one direction. The longest hello met in the field fits in two packets; the rest is greeting and STARTTLS. */
#define PACKETS_MAX 24
/* nDPI gathers TLS records until they are whole; this bounds what one flow can make it hold. */
#define PAYLOAD_BYTES_MAX 16384

#define PACKET_BYTES (sizeof(struct ip6_hdr) + sizeof(struct tcphdr) + GP_SAMPLE_BYTES)

struct classifier {
	struct ndpi_detection_module_struct *ndpi;
	uint8_t packet[PACKET_BYTES]; /* not on the stack: nDPI keeps pointers to the last packet */
};

struct classified {
	struct classifier *classifier;
	struct ndpi_flow_struct *ndpi; /* NULL once done */
	unsigned int packets[2]; /* enum gp_direction */
	size_t payload_bytes;
	bool is_tls; /* a TLS record was seen where one must start */
	struct classification known;
};

/* Our words for what nDPI can tell here. */
static const struct {
	uint16_t id;
	const char *protocol;
	const char *clear; /* what it is when no TLS was seen: nDPI 4.2 calls AUTHENTICATE PLAIN encrypted */
} named[] = {
	{NDPI_PROTOCOL_MAIL_IMAP, "IMAP", NULL}, {NDPI_PROTOCOL_MAIL_IMAPS, "IMAPS", "IMAP"},
	{NDPI_PROTOCOL_MAIL_POP, "POP3", NULL},  {NDPI_PROTOCOL_MAIL_POPS, "POP3S", "POP3"},
	{NDPI_PROTOCOL_MAIL_SMTP, "SMTP", NULL}, {NDPI_PROTOCOL_MAIL_SMTPS, "SMTPS", "SMTP"},
	{NDPI_PROTOCOL_TLS, "TLS", NULL},        {NDPI_PROTOCOL_HTTP, "HTTP", NULL},
	{NDPI_PROTOCOL_SSH, "SSH", NULL},        {NDPI_PROTOCOL_RDP, "RDP", NULL},
	{NDPI_PROTOCOL_SOCKS, "SOCKS", NULL},
};

int classifier_new(struct classifier **ret_classifier, struct fault *fault)
{
	struct classifier *classifier = calloc(1, sizeof(*classifier));
	NDPI_PROTOCOL_BITMASK dissectors;
	size_t i;

	if (!classifier)
		return fault_set(fault, ENOMEM, "no memory for nDPI");
	classifier->ndpi = ndpi_init_detection_module(ndpi_dont_load_tor_hosts | ndpi_dont_init_libgcrypt);
	if (!classifier->ndpi) {
		free(classifier);
		return fault_set(fault, ENOMEM, "nDPI %s does not start", ndpi_revision());
	}
	NDPI_BITMASK_RESET(dissectors);
	for (i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		NDPI_BITMASK_ADD(dissectors, named[i].id);
	ndpi_set_protocol_detection_bitmask2(classifier->ndpi, &dissectors);
	ndpi_finalize_initialization(classifier->ndpi);
	*ret_classifier = classifier;
	return 0;
}

void classifier_free(struct classifier *classifier)
{
	if (!classifier)
		return;
	ndpi_exit_detection_module(classifier->ndpi);
	free(classifier);
}

const char *classifier_version(void)
{
	return ndpi_revision();
}

/* nDPI only asks whether it has seen a name or a password yet: it is left that. */
static void mask(char *text, size_t size)
{
	bool was_seen = text[0];

	explicit_bzero(text, size);
	if (was_seen)
		text[0] = '-';
}

static void flow_mask(struct ndpi_flow_struct *ndpi, bool is_tls)
{
	message_t *records = &ndpi->l4.tcp.tls.message;

	/* The TLS dissector gathers whatever it sees, in case it becomes a record. */
	if (!is_tls && records->buffer)
		explicit_bzero(records->buffer, records->buffer_len);
	mask(ndpi->l4.tcp.ftp_imap_pop_smtp.username, sizeof(ndpi->l4.tcp.ftp_imap_pop_smtp.username));
	mask(ndpi->l4.tcp.ftp_imap_pop_smtp.password, sizeof(ndpi->l4.tcp.ftp_imap_pop_smtp.password));
}

static void flow_free(struct ndpi_flow_struct *ndpi)
{
	if (!ndpi)
		return;
	ndpi_free_flow_data(ndpi);
	explicit_bzero(ndpi, ndpi_detection_get_sizeof_ndpi_flow_struct());
	free(ndpi);
}

int classified_new(struct classified **ret_flow, struct classifier *classifier)
{
	struct classified *flow = calloc(1, sizeof(*flow));

	if (!flow)
		return -ENOMEM;
	flow->classifier = classifier;
	flow->ndpi = calloc(1, ndpi_detection_get_sizeof_ndpi_flow_struct());
	if (!flow->ndpi) {
		free(flow);
		return -ENOMEM;
	}
	strcpy(flow->known.protocol, "Unknown");
	*ret_flow = flow;
	return 0;
}

void classified_free(struct classified *flow)
{
	if (!flow)
		return;
	flow_free(flow->ndpi);
	free(flow);
}

bool classified_done(const struct classified *flow)
{
	return !flow->ndpi;
}

static size_t write_ipv4(uint8_t *packet, const struct gp_sample *sample, bool is_in, size_t length)
{
	struct iphdr header = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP};

	header.tot_len = htons((uint16_t)(sizeof(header) + length));
	memcpy(&header.saddr, (is_in ? sample->client : sample->server) + 12, sizeof(header.saddr));
	memcpy(&header.daddr, (is_in ? sample->server : sample->client) + 12, sizeof(header.daddr));
	memcpy(packet, &header, sizeof(header));
	return sizeof(header);
}

static size_t write_ipv6(uint8_t *packet, const struct gp_sample *sample, bool is_in, size_t length)
{
	struct ip6_hdr header = {.ip6_flow = htonl(6U << 28), .ip6_nxt = IPPROTO_TCP, .ip6_hlim = 64};

	header.ip6_plen = htons((uint16_t)length);
	memcpy(&header.ip6_src, is_in ? sample->client : sample->server, sizeof(header.ip6_src));
	memcpy(&header.ip6_dst, is_in ? sample->server : sample->client, sizeof(header.ip6_dst));
	memcpy(packet, &header, sizeof(header));
	return sizeof(header);
}

/* The packet that a sample was made of, as far as nDPI looks at it: no checksums, no options. */
static size_t write_packet(uint8_t *packet, const struct gp_sample *sample, const uint8_t *payload, size_t captured)
{
	static const uint8_t v4_mapped[12] = {[10] = 0xff, [11] = 0xff};
	bool is_in = sample->direction == GP_IN;
	struct tcphdr header = {.doff = sizeof(header) / 4, .window = htons(65535)};
	size_t length;

	header.source = htons(is_in ? sample->client_port : sample->server_port);
	header.dest = htons(is_in ? sample->server_port : sample->client_port);
	header.seq = htonl(sample->seq);
	header.ack_seq = htonl(sample->ack);
	header.syn = (sample->tcp_flags & GP_SYN) != 0;
	header.ack = (sample->tcp_flags & GP_ACK) != 0;
	header.psh = (sample->tcp_flags & GP_PSH) != 0;
	length = (memcmp(sample->client, v4_mapped, sizeof(v4_mapped)) ? write_ipv6 : write_ipv4)(
		packet, sample, is_in, sizeof(header) + captured);
	memcpy(packet + length, &header, sizeof(header));
	length += sizeof(header);
	if (captured)
		memcpy(packet + length, payload, captured);
	return length + captured;
}

static ndpi_protocol flow_show(struct classified *flow, const struct gp_sample *sample, const uint8_t *payload,
			       size_t captured, uint64_t time_ms)
{
	struct classifier *classifier = flow->classifier;
	size_t length = write_packet(classifier->packet, sample, payload, captured);
	ndpi_protocol found = ndpi_detection_process_packet(classifier->ndpi, flow->ndpi, classifier->packet,
							    (uint16_t)length, time_ms);

	flow_mask(flow->ndpi, flow->is_tls);
	explicit_bzero(classifier->packet, length);
	return found;
}

static const char *tls_text(uint16_t version)
{
	switch (version) {
	case 0x0304:
		return "1.3";
	case 0x0303:
		return "1.2";
	case 0x0302:
		return "1.1";
	case 0x0301:
		return "1.0";
	case 0x0300:
		return "ssl3";
	default:
		return "";
	}
}

/* Names come from the client: a byte that is not printable becomes a question mark. */
static void copy_printable(char *to, size_t size, const char *from, size_t from_size)
{
	size_t i;

	for (i = 0; i + 1 < size && i < from_size && from[i]; i++)
		to[i] = from[i] > 0x20 && from[i] < 0x7f ? from[i] : '?';
	to[i] = '\0';
}

/* True when both hellos were read: the version is the server's to choose. */
static bool tls_learn(struct classified *flow)
{
	const struct ndpi_flow_struct *ndpi = flow->ndpi;
	struct classification *known = &flow->known;

	if (ndpi->protos.tls_quic.ja3_client[0]) {
		copy_printable(known->ja3, sizeof(known->ja3), ndpi->protos.tls_quic.ja3_client,
			       sizeof(ndpi->protos.tls_quic.ja3_client));
		copy_printable(known->sni, sizeof(known->sni), ndpi->host_server_name, sizeof(ndpi->host_server_name));
	}
	if (ndpi->protos.tls_quic.ja3_server[0])
		strcpy(known->tls, tls_text(ndpi->protos.tls_quic.ssl_version));
	return known->ja3[0] && known->tls[0];
}

static bool name_learn(struct classified *flow, uint16_t id)
{
	size_t i;

	for (i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		if (named[i].id != id)
			continue;
		strcpy(flow->known.protocol, flow->is_tls || !named[i].clear ? named[i].protocol : named[i].clear);
		return true;
	}
	return false;
}

/* What was dissected is in `app_protocol`, with a guess from the port as its master ("IMAP.HTTP"); unless the server's
 * name is known to nDPI: "TLS.Google" is TLS. */
static bool protocol_learn(struct classified *flow, const ndpi_protocol *found)
{
	return name_learn(flow, found->app_protocol) || name_learn(flow, found->master_protocol);
}

static void flow_finish(struct classified *flow)
{
	flow_free(flow->ndpi);
	flow->ndpi = NULL;
}

void classified_stop(struct classified *flow)
{
	if (flow->ndpi)
		flow_finish(flow);
}

void classified_packet(struct classified *flow, const struct gp_sample *sample, const uint8_t *payload,
		       uint64_t time_ms)
{
	size_t captured = sample->captured_bytes < GP_SAMPLE_BYTES ? sample->captured_bytes : GP_SAMPLE_BYTES;
	ndpi_protocol found;
	bool is_over;

	if (!flow->ndpi || !captured)
		return;
	flow->is_tls = flow->is_tls || (captured > 2 && payload[0] == 0x16 && payload[1] == 0x03);
	found = flow_show(flow, sample, payload, captured, time_ms);
	flow->payload_bytes += captured;
	is_over =
		++flow->packets[sample->direction == GP_OUT] >= PACKETS_MAX || flow->payload_bytes >= PAYLOAD_BYTES_MAX;
	if (protocol_learn(flow, &found) && (!flow->is_tls || tls_learn(flow)))
		is_over = true;
	if (is_over)
		flow_finish(flow);
}

void classified_restart(struct classified *flow)
{
	flow_finish(flow);
	flow->ndpi = calloc(1, ndpi_detection_get_sizeof_ndpi_flow_struct());
	flow->is_tls = false;
	flow->packets[GP_IN] = flow->packets[GP_OUT] = 0;
	flow->payload_bytes = 0;
}

void classified_read(const struct classified *flow, struct classification *ret)
{
	*ret = flow->known;
}
