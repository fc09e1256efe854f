/* SPDX-License-Identifier: BSD-2-Clause */
/* Usage: sample DIRECTORY
 *
 * What it costs to send a packet's payload to the user half, by its size: BPF_PROG_TEST_RUN of the shipped program on
 * packets of one proven flow, without a wire. "followed" is the same packet once the user half has seen enough. The
 * user half's part is taking a sample out of the ring and its bytes through reassembly (user/read/stream.c). */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/generator.h"
#include "bench/report.h"
#include "bench/wire.h"
#include "user/datapath/datapath_kernel.h"
#include "user/read/stream.h"

#include "bpf/gatepost.skel.h"

#define ROUNDS 15
#define COUNT 3000 /* a round; all of it fits in the ring */
#define RING_BYTES (1 << 26)
#define HEADERS (14 + sizeof(struct iphdr) + sizeof(struct tcphdr))
#define EGRESS_MAX 3400 /* what BPF_PROG_TEST_RUN takes there */

struct subject {
	struct datapath *datapath;
	struct gp_sample last;
	struct stream *stream;
	uint32_t seq; /* each round sends one packet many times: its bytes are taken as if they went on */
	uint64_t samples, bytes;
};

static void take(void *context, const struct gp_sample *sample, const uint8_t *payload)
{
	struct subject *subject = context;
	const uint8_t *bytes;
	size_t length;

	subject->last = *sample;
	subject->samples++;
	subject->bytes += sizeof(*sample) + sample->captured_bytes;
	stream_add(subject->stream, subject->seq, payload, sample->captured_bytes, sample->captured_bytes);
	subject->seq += sample->captured_bytes;
	while ((length = stream_peek(subject->stream, &bytes)))
		stream_consume(subject->stream, length);
}

static size_t frame_make(uint8_t *frame, bool reply, uint8_t flags, uint32_t seq, uint32_t ack, size_t payload)
{
	struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP};
	struct tcphdr tcp = {.doff = 5, .seq = htonl(seq), .ack_seq = htonl(ack)};

	ip.tot_len = htons((uint16_t)(HEADERS - 14 + payload));
	inet_pton(AF_INET, "192.0.2.1", reply ? &ip.daddr : &ip.saddr);
	inet_pton(AF_INET, "198.51.100.25", reply ? &ip.saddr : &ip.daddr);
	tcp.source = htons(reply ? 993 : 40000);
	tcp.dest = htons(reply ? 40000 : 993);
	memset(frame, 0, 14);
	frame[12] = 8;
	memcpy(frame + 14, &ip, sizeof(ip));
	memcpy(frame + 14 + sizeof(ip), &tcp, sizeof(tcp));
	frame[14 + sizeof(ip) + 13] = flags;
	memset(frame + HEADERS, 0x17, payload);
	return HEADERS + payload;
}

static int run_packet(struct subject *subject, bool reply, uint8_t flags, size_t payload, uint32_t count,
		      double *ret_ns)
{
	static uint8_t frame[HEADERS + 65536];
	struct gatepost_bpf *object = ((struct kernel *)subject->datapath->engine)->object;
	const struct bpf_program *program = reply ? object->progs.gatepost_out : object->progs.gatepost_in;
	const uint32_t seq = flags & GP_SYN ? 5000 : reply ? 5001 : 1001;
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .repeat = count);

	run.data_size_in = (uint32_t)frame_make(frame, reply, flags, seq, reply ? 1001 : 5001, payload);
	if (bpf_prog_test_run_opts(bpf_program__fd(program), &run))
		return -errno;
	*ret_ns = run.duration;
	return 0;
}

/* A proven flow, as the first samples of any are. */
static int subject_open(struct subject *subject)
{
	const struct datapath_options options = {.bans_max = 1024,
						 .sources_max = 7168,
						 .flows_max = 1024,
						 .syns_max = 8192,
						 .ring_bytes = RING_BYTES,
						 .seed = {1, 2}};
	const struct server_settings server = {.port = 993, .service = GP_SERVICE_IMAPS};
	const struct gp_settings settings = {.samples = {1, 2000000000},
					     .prefix_v4_bits = 24,
					     .prefix_v6_bits = 48,
					     .proven_ticks = 84375000000,
					     .flow_idle_beats = GP_BEATS(600 * 1000000000ULL)};
	struct fault fault = {0};
	bool taken_over;
	double ns;
	int result = datapath_new(&subject->datapath, &options, &taken_over, &fault);

	if (result) {
		fprintf(stderr, "bench: %s\n", fault.text);
		return result;
	}
	datapath_settings(subject->datapath, &settings);
	datapath_servers(subject->datapath, &server, 1);
	datapath_on_sample(subject->datapath, take, subject);
	result = stream_new(&subject->stream);
	if (!result)
		result = run_packet(subject, true, GP_SYN | GP_ACK, 0, 1, &ns);
	return result ? result : run_packet(subject, false, GP_ACK, 0, 1, &ns);
}

static int measure(struct subject *subject, bool reply, size_t payload, double *ret_ns, double *ret_user_ns)
{
	double ns[ROUNDS], user_ns[ROUNDS];
	uint64_t start_ns;
	int result = 0;

	for (int round = 0; round < ROUNDS && !result; round++) {
		result = run_packet(subject, reply, GP_ACK | GP_PSH, payload, COUNT, &ns[round]);
		subject->samples = subject->bytes = 0;
		start_ns = bench_now_ns();
		while (datapath_poll(subject->datapath) > 0)
			; /* a turn takes so many and no more */
		user_ns[round] = (double)(bench_now_ns() - start_ns) / COUNT;
	}
	*ret_ns = median(ns, ROUNDS);
	*ret_user_ns = median(user_ns, ROUNDS);
	return result;
}

static int run_all(struct report *report, struct subject *subject)
{
	static const size_t payloads[] = {100, 517, 1448, 3000, 4300, 6000, 14480, 60000};
	double ns, user_ns;
	int result = 0;

	report_line(report, "\n| direction | payload | kernel ns | samples | ring bytes | user half ns |");
	report_line(report, "|---|------:|------:|------:|------:|------:|");
	for (size_t i = 0; i < 2 * sizeof(payloads) / sizeof(*payloads) && !result; i++) {
		const bool reply = i % 2;

		if (reply && payloads[i / 2] > EGRESS_MAX)
			continue;
		result = measure(subject, reply, payloads[i / 2], &ns, &user_ns);
		report_line(report, "| %s | %zu | %.0f | %.0f | %.0f | %.0f |", reply ? "out" : "in", payloads[i / 2],
			    ns, (double)subject->samples / COUNT, (double)subject->bytes / COUNT, user_ns);
		report_case(report, json_pack("{s:b, s:i, s:f, s:f}", "out", reply, "payload_bytes",
					      (int)payloads[i / 2], "ns", ns, "user_ns", user_ns));
	}
	datapath_flow_flag(subject->datapath, subject->last.slot, subject->last.flow, GP_FLOW_ENOUGH);
	for (int reply = 0; reply < 2 && !result; reply++) {
		result = measure(subject, reply, 1448, &ns, &user_ns);
		report_line(report, "| %s, followed | 1448 | %.0f | %.0f | 0 | 0 |", reply ? "out" : "in", ns,
			    (double)subject->samples / COUNT);
		report_case(report, json_pack("{s:b, s:s, s:f}", "out", reply, "name", "followed", "ns", ns));
	}
	return result;
}

int main(int argc, char **argv)
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	struct subject subject = {0};
	struct report *report;
	int result;

	if (argc != 2) {
		fprintf(stderr, "usage: sample DIRECTORY\n");
		return 2;
	}
	setrlimit(RLIMIT_MEMLOCK, &all);
	result = wire_pin_cpu((unsigned)sysconf(_SC_NPROCESSORS_ONLN) - 1);
	if (!result)
		result = report_new(&report, argv[1], "sample");
	if (result) {
		fprintf(stderr, "bench: %s\n", strerror(-result));
		return 1;
	}
	result = subject_open(&subject);
	if (!result)
		result = run_all(report, &subject);
	if (result)
		fprintf(stderr, "bench: %s\n", strerror(-result));
	stream_free(subject.stream);
	datapath_free(subject.datapath);
	return report_close(report) || result ? 1 : 0;
}
