/* SPDX-License-Identifier: BSD-2-Clause */
/* libpcap behind a small face: files (pcap and pcapng, micro- or nanoseconds) and interfaces, one frame a call. Does
 * not parse packets. A frame of a link without an Ethernet header is copied behind one that is made up, with the
 * EtherType and no addresses: the datapath's parser is the only one, and it starts at the Ethernet header. */
#include "user/adapters/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/adapters/capture_filter.h"
#include "user/adapters/link.h"
#include "user/adapters/unpack.h"

#define ETHERNET_BYTES 14
#define FRAME_BYTES_MAX 65536 /* copied of a frame without an Ethernet header */
/* A full segment with every header in front of it; what the sample would cut off is not copied out of the kernel. */
#define LIVE_FRAME_BYTES 2048
#define LIVE_RING_BYTES (16 << 20) /* half a second of 250 Mbit/s of mail */
#define FILTER_BYTES 16384
#define FILE_BUFFER_BYTES 262144
#define NS_PER_S 1000000000ULL

struct capture {
	pcap_t *pcap;
	enum link link;
	bool live;
	bool ended; /* libpcap must not be asked again after an error */
	uint32_t ns_per_fraction;
	char name[256]; /* of the file, for faults */
	struct unpack *unpack; /* goes with pcap's stream */
	int fd; /* of the file, for its progress; -1: none */
	uint64_t frames, frame_bytes; /* handed out */
	uint8_t frame[ETHERNET_BYTES + FRAME_BYTES_MAX];
};

static int link_find(int datalink, enum link *ret_link)
{
	static const struct {
		int datalink;
		enum link link;
	} links[] = {
		{DLT_EN10MB, LINK_ETHERNET},   {DLT_LINUX_SLL, LINK_SLL},
		{DLT_LINUX_SLL2, LINK_SLL2},   {DLT_RAW, LINK_RAW},
		{DLT_IPV4, LINK_RAW},          {DLT_IPV6, LINK_RAW},
		{DLT_NULL, LINK_FAMILY},       {DLT_LOOP, LINK_FAMILY},
		{DLT_PPP, LINK_PPP},           {DLT_PPP_SERIAL, LINK_PPP_SERIAL},
		{DLT_C_HDLC, LINK_CISCO_HDLC},
	};
	size_t i;

	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (links[i].datalink == datalink) {
			*ret_link = links[i].link;
			return 0;
		}
	}
	return -ENOTSUP;
}

/* Takes `pcap` over, also on errors. */
static int capture_new(struct capture **ret_capture, pcap_t *pcap, bool live, const char *name, struct fault *fault)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int err = 0;

	if (!capture) {
		pcap_close(pcap);
		return fault_set(fault, ENOMEM, "%s: no memory", name);
	}
	capture->pcap = pcap;
	capture->live = live;
	capture->fd = -1;
	snprintf(capture->name, sizeof(capture->name), "%s", name);
	capture->ns_per_fraction = pcap_get_tstamp_precision(pcap) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
	if (link_find(pcap_datalink(pcap), &capture->link)) {
		const char *known = pcap_datalink_val_to_name(pcap_datalink(pcap));

		err = fault_set(fault, ENOTSUP, "%s: frames of link type %d (%s) cannot be read", name,
				pcap_datalink(pcap), known ? known : "unknown");
		capture_free(capture);
		return err;
	}
	*ret_capture = capture;
	return 0;
}

static int not_a_capture(FILE *stream, const char *name, const char *why, struct fault *fault)
{
	fault_set(fault, EINVAL, "%s: not a capture: %s", name, why);
	if (stream != stdin)
		fclose(stream);
	return -EINVAL;
}

int capture_open_stream(struct capture **ret_capture, FILE *stream, const char *name, struct fault *fault)
{
	const int fd = fileno(stream);
	char words[PCAP_ERRBUF_SIZE] = "";
	struct unpack *unpack;
	pcap_t *pcap;
	int err = unpack_open(&stream, &unpack);

	if (err) {
		if (stream != stdin)
			fclose(stream);
		return fault_set(fault, -err, "%s: no memory", name);
	}
	pcap = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, words);
	if (!pcap)
		return not_a_capture(stream, name, unpack_wrong(unpack) ? unpack_wrong(unpack) : words, fault);
	err = capture_new(ret_capture, pcap, false, name, fault);
	if (err)
		return err;
	(*ret_capture)->unpack = unpack;
	(*ret_capture)->fd = fd;
	return 0;
}

int capture_open_file(struct capture **ret_capture, const char *path, struct fault *fault)
{
	FILE *stream = strcmp(path, "-") ? fopen(path, "rbe") : stdin;

	if (!stream)
		return fault_set(fault, errno, "%s: %s", path, strerror(errno));
	setvbuf(stream, NULL, _IOFBF, FILE_BUFFER_BYTES);
	return capture_open_stream(ret_capture, stream, stream == stdin ? "standard input" : path, fault);
}

static int live_activate(pcap_t *pcap, const char *interface, struct fault *fault)
{
	int code, err = EIO;

	pcap_set_snaplen(pcap, LIVE_FRAME_BYTES);
	pcap_set_promisc(pcap, 1); /* a mirror port's frames are addressed to others */
	pcap_set_immediate_mode(pcap, 1);
	pcap_set_buffer_size(pcap, LIVE_RING_BYTES);
	/* Where it is not supported, capture_new finds out which precision it is. */
	pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
	code = pcap_activate(pcap);
	if (code >= 0)
		return 0;
	if (code == PCAP_ERROR_NO_SUCH_DEVICE)
		err = ENODEV;
	else if (code == PCAP_ERROR_PERM_DENIED || code == PCAP_ERROR_PROMISC_PERM_DENIED)
		err = EPERM;
	else if (code == PCAP_ERROR_IFACE_NOT_UP)
		err = ENETDOWN;
	return fault_set(fault, err, "%s: %s", interface,
			 *pcap_geterr(pcap) ? pcap_geterr(pcap) : pcap_statustostr(code));
}

static int live_filter(pcap_t *pcap, const char *interface, const uint16_t *ports, size_t ports_count,
		       struct fault *fault)
{
	char words[PCAP_ERRBUF_SIZE], text[FILTER_BYTES];
	struct bpf_program program;
	int err = capture_filter_text(ports, ports_count, text, sizeof(text));

	if (err)
		return fault_set(fault, -err, "%s: %zu ports cannot be filtered for", interface, ports_count);
	if (pcap_setnonblock(pcap, 1, words))
		return fault_set(fault, EIO, "%s: %s", interface, words);
	if (pcap_compile(pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN))
		return fault_set(fault, ENOTSUP, "%s: filter: %s", interface, pcap_geterr(pcap));
	if (pcap_setfilter(pcap, &program))
		err = fault_set(fault, EIO, "%s: filter: %s", interface, pcap_geterr(pcap));
	pcap_freecode(&program);
	return err;
}

int capture_open_interface(struct capture **ret_capture, const char *interface, const uint16_t *ports,
			   size_t ports_count, struct fault *fault)
{
	char words[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_create(interface, words);
	int err;

	if (!pcap)
		return fault_set(fault, ENODEV, "%s: %s", interface, words);
	err = live_activate(pcap, interface, fault);
	if (!err)
		err = live_filter(pcap, interface, ports, ports_count, fault);
	if (err) {
		pcap_close(pcap);
		return err;
	}
	return capture_new(ret_capture, pcap, true, interface, fault);
}

void capture_free(struct capture *capture)
{
	if (!capture)
		return;
	pcap_close(capture->pcap);
	free(capture);
}

/* Files are hostile: seconds before 1970 or beyond what 64 bits of nanoseconds hold are pressed into the range. */
static uint64_t time_ns(const struct capture *capture, const struct timeval *time)
{
	uint64_t seconds = time->tv_sec < 0 ? 0 : (uint64_t)time->tv_sec;
	uint64_t fraction = time->tv_usec < 0 ? 0 : (uint64_t)time->tv_usec * capture->ns_per_fraction;

	if (seconds >= UINT64_MAX / NS_PER_S)
		seconds = UINT64_MAX / NS_PER_S - 1;
	return seconds * NS_PER_S + fraction % NS_PER_S;
}

/* Put the frame behind an Ethernet header. What cannot be read becomes a bare header of no known type: counted by the
 * datapath as not IP, not lost. */
static void frame_translate(struct capture *capture, struct frame *frame)
{
	size_t header = 0, captured = 0, length = 0;
	uint16_t ethertype = 0;

	if (link_parse(capture->link, frame->bytes, frame->captured, &header, &ethertype)) {
		captured = frame->captured - header;
		length = frame->length - header;
	}
	if (captured > FRAME_BYTES_MAX)
		captured = FRAME_BYTES_MAX;
	memset(capture->frame, 0, ETHERNET_BYTES - 2);
	capture->frame[ETHERNET_BYTES - 2] = (uint8_t)(ethertype >> 8);
	capture->frame[ETHERNET_BYTES - 1] = (uint8_t)ethertype;
	memcpy(capture->frame + ETHERNET_BYTES, frame->bytes + header, captured);
	frame->bytes = capture->frame;
	frame->captured = ETHERNET_BYTES + captured;
	frame->length = ETHERNET_BYTES + length;
}

static int file_fault(const struct capture *capture, struct fault *fault)
{
	const char *wrong = unpack_wrong(capture->unpack) ? unpack_wrong(capture->unpack) : pcap_geterr(capture->pcap);
	const long long at = ftello(pcap_file(capture->pcap)); /* a pipe does not know */
	const bool differs = strstr(wrong, "of the first interface") != NULL;
	char where[64] = "";

	if (at >= 0)
		snprintf(where, sizeof(where), ", up to byte %lld%s", at,
			 capture->unpack ? " of what it unpacks to" : "");
	return fault_set(fault, EBADMSG, "%s: only the first %llu frames were read%s: %s%s", capture->name,
			 (unsigned long long)capture->frames, where, wrong,
			 differs ? "; libpcap wants all of a file to be alike: split it by interface" : "");
}

/* libpcap had no frame for us: nothing yet, the end, or an error. */
static int capture_pause(struct capture *capture, int code, struct fault *fault)
{
	if (!code || code == PCAP_ERROR_BREAK)
		return 0;
	capture->ended = true;
	return capture->live ? fault_set(fault, EIO, "%s", pcap_geterr(capture->pcap)) : file_fault(capture, fault);
}

int capture_next(struct capture *capture, struct frame *ret_frame, struct fault *fault)
{
	struct pcap_pkthdr *header;
	struct frame frame;
	int code;

	if (capture->ended)
		return 0;
	code = pcap_next_ex(capture->pcap, &header, &frame.bytes);
	if (code != 1)
		return capture_pause(capture, code, fault);
	capture->frames++;
	capture->frame_bytes += header->caplen;
	frame.time_ns = time_ns(capture, &header->ts);
	frame.captured = header->caplen;
	frame.length = header->len > header->caplen ? header->len : header->caplen;
	if (capture->link != LINK_ETHERNET)
		frame_translate(capture, &frame);
	*ret_frame = frame;
	return 1;
}

uint64_t capture_frames(const struct capture *capture)
{
	return capture->frames;
}

void capture_progress(const struct capture *capture, uint64_t *ret_read_bytes, uint64_t *ret_total_bytes)
{
	const off_t at = capture->fd < 0 ? -1 : lseek(capture->fd, 0, SEEK_CUR);
	struct stat stat;

	*ret_read_bytes = at < 0 ? capture->frame_bytes : (uint64_t)at;
	*ret_total_bytes = at >= 0 && !fstat(capture->fd, &stat) && S_ISREG(stat.st_mode) ? (uint64_t)stat.st_size : 0;
}

int capture_fd(const struct capture *capture)
{
	return capture->live ? pcap_get_selectable_fd(capture->pcap) : -1;
}

uint64_t capture_lost(const struct capture *capture)
{
	struct pcap_stat stat;

	if (!capture->live || pcap_stats(capture->pcap, &stat))
		return 0;
	return (uint64_t)stat.ps_drop + stat.ps_ifdrop;
}
