/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/adapters/capture_write.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#define SNAP_BYTES 65535
#define NS_PER_S 1000000000ULL

struct capture_writer {
	pcap_t *pcap;
	pcap_dumper_t *dumper;
};

int capture_writer_new(struct capture_writer **ret_writer, const char *path, struct fault *fault)
{
	struct capture_writer *writer = calloc(1, sizeof(*writer));
	int error = 0;

	if (writer)
		writer->pcap = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, SNAP_BYTES, PCAP_TSTAMP_PRECISION_NANO);
	if (!writer || !writer->pcap) {
		free(writer);
		return fault_set(fault, ENOMEM, "%s: no memory", path);
	}
	writer->dumper = pcap_dump_open(writer->pcap, path);
	if (!writer->dumper) {
		error = fault_set(fault, errno ? errno : EIO, "%s", pcap_geterr(writer->pcap));
		pcap_close(writer->pcap);
		free(writer);
		return error;
	}
	*ret_writer = writer;
	return 0;
}

void capture_write(struct capture_writer *writer, uint64_t time_ns, const uint8_t *frame, size_t length)
{
	const struct pcap_pkthdr header = {
		/* tv_usec holds nanoseconds where the file does (pcap-savefile(5)) */
		.ts = {.tv_sec = (time_t)(time_ns / NS_PER_S), .tv_usec = (suseconds_t)(time_ns % NS_PER_S)},
		.caplen = (bpf_u_int32)length,
		.len = (bpf_u_int32)length,
	};

	pcap_dump((u_char *)writer->dumper, &header, frame);
}

int capture_writer_close(struct capture_writer *writer, struct fault *fault)
{
	int error = 0;

	if (pcap_dump_flush(writer->dumper) || ferror(pcap_dump_file(writer->dumper)))
		error = fault_set(fault, errno ? errno : EIO, "the capture could not be written: %s",
				  strerror(errno ? errno : EIO));
	pcap_dump_close(writer->dumper);
	pcap_close(writer->pcap);
	free(writer);
	return error;
}
