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

#include "user/read/hello.h"
#include "user/read/hello_memo.h"

/* Of one direction. The longest hello met in the field fits in two packets; the rest is greeting and STARTTLS. */
#define PACKETS_MAX 24
/* nDPI gathers TLS records until they are whole; this bounds what one flow can make it hold. */
#define PAYLOAD_BYTES_MAX 16384
#define TLS_HANDSHAKE 0x16
#define TLS_HEADER_BYTES 5

#define PACKET_BYTES (sizeof(struct ip6_hdr) + sizeof(struct tcphdr) + GP_SAMPLE_BYTES)

struct classifier {
	struct ndpi_detection_module_struct *ndpi;
	struct hello_memo *memo; /* answers are struct classification */
	struct hello_key key; /* of the hello that was shown last */
	uint8_t packet[PACKET_BYTES]; /* not on the stack: nDPI keeps pointers to the last packet */
};

struct classified {
	struct classifier *classifier;
	struct ndpi_flow_struct *ndpi; /* NULL: nothing was shown to it yet, or done */
	bool done;
	bool remembered; /* the client's hello was not shown: it had been met before */
	unsigned int packets[2]; /* enum gp_direction */
	size_t payload_bytes;
	bool is_tls; /* a TLS record was seen where one must start */
	bool named; /* nDPI knows what it is */
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
	if (!classifier->ndpi || hello_memo_new(&classifier->memo, sizeof(struct classification))) {
		classifier_free(classifier);
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
	if (classifier->ndpi)
		ndpi_exit_detection_module(classifier->ndpi);
	hello_memo_free(classifier->memo);
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
	return flow->done;
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
	static const char *const text[] = {"ssl3", "1.0", "1.1", "1.2", "1.3"};

	return version >= 0x0300 && version <= 0x0304 ? text[version - 0x0300] : "";
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
	flow->done = true;
}

void classified_stop(struct classified *flow)
{
	flow_finish(flow);
}

/* The server's hello is asked for its version only, where nDPI would also make a JA3S of it and take the certificate
 * behind it apart. False: it is not here in one piece; nDPI gathers it. */
static bool version_learn(struct classified *flow, const struct gp_sample *sample, const uint8_t *payload,
			  size_t captured)
{
	struct server_hello hello;
	size_t record;

	if (sample->direction != GP_OUT || !flow->named || !flow->known.ja3[0] || captured < TLS_HEADER_BYTES + 1 ||
	    payload[0] != TLS_HANDSHAKE || payload[TLS_HEADER_BYTES] != HELLO_SERVER)
		return false;
	record = (size_t)payload[3] << 8 | payload[4];
	if (record > captured - TLS_HEADER_BYTES)
		record = captured - TLS_HEADER_BYTES;
	if (hello_parse_server(payload + TLS_HEADER_BYTES, record, &hello))
		return false;
	strcpy(flow->known.tls, tls_text(hello.version));
	return true;
}

static uint16_t network_of(const struct classifier *classifier, const uint8_t address[16])
{
	static const uint8_t v4_mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct in_addr v4;

	if (memcmp(address, v4_mapped, sizeof(v4_mapped)))
		return 0; /* nDPI 4.2 has no list of IPv6 networks */
	memcpy(&v4, address + sizeof(v4_mapped), sizeof(v4));
	return ndpi_network_ptree_match(classifier->ndpi, &v4);
}

/* A hello that begins what nDPI is shown, in one record and nothing else with it. */
static bool is_hello(const struct classified *flow, const struct gp_sample *sample, const uint8_t *payload,
		     size_t captured)
{
	struct classifier *classifier = flow->classifier;
	struct hello_key *key = &classifier->key;

	if (sample->direction != GP_IN || flow->payload_bytes || captured < TLS_HEADER_BYTES ||
	    payload[0] != TLS_HANDSHAKE || ((size_t)payload[3] << 8 | payload[4]) + TLS_HEADER_BYTES != captured ||
	    !hello_key_fill(key, payload + TLS_HEADER_BYTES, captured - TLS_HEADER_BYTES))
		return false;
	/* All else that nDPI goes by: whose networks it takes theirs for, and the ports. */
	key->beside[0] = network_of(classifier, sample->client);
	key->beside[1] = network_of(classifier, sample->server);
	key->beside[2] = sample->client_port < IPPORT_RESERVED ? sample->client_port : 0;
	key->beside[3] = sample->server_port;
	return true;
}

/* True: nDPI need not be asked. */
static bool recall(struct classified *flow)
{
	const struct classification *known = hello_memo_find(flow->classifier->memo, &flow->classifier->key);

	if (!known)
		return false;
	flow->known = *known;
	flow->is_tls = flow->named = flow->remembered = true;
	return true;
}

/* Shown to nDPI until all is known, or it is too much. */
static void ask(struct classified *flow, const struct gp_sample *sample, const uint8_t *payload, size_t captured,
		uint64_t time_ms)
{
	ndpi_protocol found;

	if (!flow->ndpi)
		flow->ndpi = calloc(1, ndpi_detection_get_sizeof_ndpi_flow_struct());
	if (!flow->ndpi) {
		flow_finish(flow);
		return;
	}
	flow->is_tls = flow->is_tls || (captured > 2 && payload[0] == TLS_HANDSHAKE && payload[1] == 0x03);
	found = flow_show(flow, sample, payload, captured, time_ms);
	flow->payload_bytes += captured;
	flow->named = protocol_learn(flow, &found);
	if (++flow->packets[sample->direction == GP_OUT] >= PACKETS_MAX || flow->payload_bytes >= PAYLOAD_BYTES_MAX ||
	    (flow->named && (!flow->is_tls || tls_learn(flow))))
		flow_finish(flow);
}

void classified_packet(struct classified *flow, const struct gp_sample *sample, const uint8_t *payload,
		       uint64_t time_ms)
{
	size_t captured = sample->captured_bytes < GP_SAMPLE_BYTES ? sample->captured_bytes : GP_SAMPLE_BYTES;
	bool is_memorable;

	if (flow->done || !captured)
		return;
	if (version_learn(flow, sample, payload, captured) || (flow->remembered && sample->direction == GP_OUT)) {
		flow_finish(flow);
		return;
	}
	if (flow->remembered)
		return;
	is_memorable = is_hello(flow, sample, payload, captured);
	if (is_memorable && recall(flow))
		return;
	ask(flow, sample, payload, captured, time_ms);
	if (is_memorable && flow->named && flow->known.ja3[0])
		hello_memo_add(flow->classifier->memo, &flow->classifier->key, &flow->known);
}

void classified_restart(struct classified *flow)
{
	flow_finish(flow);
	flow->done = flow->is_tls = flow->named = flow->remembered = false;
	flow->packets[GP_IN] = flow->packets[GP_OUT] = 0;
	flow->payload_bytes = 0;
}

void classified_read(const struct classified *flow, struct classification *ret)
{
	*ret = flow->known;
}
