/* SPDX-License-Identifier: BSD-2-Clause */
/* Many TCP connections at the same time, from one address or from random ones of a prefix; and a server that bears
 * them: it greets, reads all and answers nothing.
 *
 *   serve    opens nothing: accepts at ADDRESS PORT for SECONDS, at most COUNT at once
 *   hold     opens COUNT connections, says TEXT on each and keeps them
 *   churn    has COUNT under way: each that is open says TEXT, waits for the first word of the server and is closed,
 *            with a RST, and another one is opened
 *   garble   opens COUNT connections and sends junk on all of them, a segment each, as fast as it can
 *
 * Bounded: COUNT is at most 19900, and it ends after SECONDS, at most 900. Who wants addresses of a prefix gives the
 * host a local route to it. Prints what it did in one line. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4 */
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define COUNT_MAX 19900
#define SECONDS_MAX 900
#define EVENTS 256
#define OPENING_MAX 1024 /* at the same time: a server's queue of those is as long */
#define JUNK_BYTES 200
#define GREETING "* OK ready\r\n"

struct end {
	int family;
	unsigned char address[16];
	unsigned prefixlen;
	uint16_t port;
};

struct run {
	enum { SERVE, HOLD, CHURN, GARBLE } mode;
	struct end from, server;
	int count;
	const char *text;
	int epoll, under_way, opening;
	double end_s;
	unsigned long opened, failed, words;
	bool is_open[2 * COUNT_MAX]; /* by descriptor: its handshake is over */
};

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* "ADDRESS" or "ADDRESS/LENGTH" */
static bool end_parse(struct end *end, char *text, int port)
{
	char *slash = strchr(text, '/');

	end->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	end->prefixlen = end->family == AF_INET ? 32 : 128;
	end->port = (uint16_t)port;
	if (slash) {
		*slash = 0;
		end->prefixlen = (unsigned)atoi(slash + 1);
	}
	return inet_pton(end->family, text, end->address) == 1;
}

static socklen_t end_socket(const struct end *end, struct sockaddr_storage *ret)
{
	unsigned char address[16];

	memset(ret, 0, sizeof(*ret));
	memcpy(address, end->address, sizeof(address));
	for (unsigned bit = end->prefixlen; bit < (end->family == AF_INET ? 32 : 128); bit++)
		if (random() & 1)
			address[bit / 8] ^= 0x80 >> bit % 8;
	ret->ss_family = (sa_family_t)end->family;
	if (end->family == AF_INET) {
		memcpy(&((struct sockaddr_in *)ret)->sin_addr, address, 4);
		((struct sockaddr_in *)ret)->sin_port = htons(end->port);
		return sizeof(struct sockaddr_in);
	}
	memcpy(&((struct sockaddr_in6 *)ret)->sin6_addr, address, 16);
	((struct sockaddr_in6 *)ret)->sin6_port = htons(end->port);
	return sizeof(struct sockaddr_in6);
}

static void watch(struct run *run, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	epoll_ctl(run->epoll, EPOLL_CTL_ADD, fd, &event);
}

static void shut(struct run *run, int fd)
{
	const struct linger at_once = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
	run->under_way--;
	run->opening -= !run->is_open[fd];
}

/* Bound late (IP_BIND_ADDRESS_NO_PORT), so that the port is chosen for the pair of addresses. */
static bool open_one(struct run *run)
{
	const int one = 1;
	struct sockaddr_storage from, server;
	socklen_t from_bytes = end_socket(&run->from, &from), server_bytes = end_socket(&run->server, &server);
	int fd = socket(run->from.family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return false;
	setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	setsockopt(fd, SOL_IP, IP_FREEBIND, &one, sizeof(one));
	setsockopt(fd, SOL_IPV6, IPV6_FREEBIND, &one, sizeof(one));
	setsockopt(fd, SOL_TCP, TCP_NODELAY, &one, sizeof(one));
	run->is_open[fd] = false;
	run->under_way++;
	run->opening++;
	if (bind(fd, (struct sockaddr *)&from, from_bytes) ||
	    (connect(fd, (struct sockaddr *)&server, server_bytes) && errno != EINPROGRESS)) {
		run->failed++;
		shut(run, fd);
		return false;
	}
	watch(run, fd, EPOLLOUT);
	return true;
}

static void on_open(struct run *run, int fd)
{
	struct epoll_event event = {.events = run->mode == GARBLE ? EPOLLOUT : EPOLLIN, .data.fd = fd};

	run->opened++;
	run->opening--;
	run->is_open[fd] = true;
	if (run->text && send(fd, run->text, strlen(run->text), MSG_NOSIGNAL) < 0)
		run->failed++;
	epoll_ctl(run->epoll, EPOLL_CTL_MOD, fd, &event);
}

static void on_garble(struct run *run, int fd)
{
	char junk[JUNK_BYTES];

	for (size_t i = 0; i < sizeof(junk); i++)
		junk[i] = (char)random();
	if (send(fd, junk, sizeof(junk), MSG_NOSIGNAL) == sizeof(junk))
		run->words++;
}

static void on_client(struct run *run, const struct epoll_event *event)
{
	char bytes[4096];
	int fd = event->data.fd;

	if (event->events & (EPOLLERR | EPOLLHUP)) {
		run->failed++;
		shut(run, fd);
	} else if (!run->is_open[fd]) {
		on_open(run, fd);
	} else if (event->events & EPOLLIN) {
		if (read(fd, bytes, sizeof(bytes)) <= 0 || run->mode == CHURN)
			shut(run, fd);
	} else {
		on_garble(run, fd);
	}
}

static void accept_all(struct run *run, int listener)
{
	int fd;

	while (run->under_way < run->count && (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		run->opened++;
		run->under_way++;
		watch(run, fd, EPOLLIN | EPOLLRDHUP);
		if (send(fd, GREETING, sizeof(GREETING) - 1, MSG_NOSIGNAL) < 0)
			run->failed++;
	}
}

static void on_server(struct run *run, int fd)
{
	char bytes[65536];
	ssize_t got = read(fd, bytes, sizeof(bytes));

	if (got > 0) {
		run->words++;
		return;
	}
	if (got < 0 && errno == EAGAIN)
		return;
	close(fd);
	run->under_way--;
}

static int listen_at(const struct end *end)
{
	const int one = 1;
	struct sockaddr_storage address;
	socklen_t bytes = end_socket(end, &address);
	int fd = socket(end->family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, bytes) || listen(fd, 4096)) {
		perror("connections: listen");
		exit(1);
	}
	return fd;
}

static void serve(struct run *run)
{
	int listener = listen_at(&run->server);
	struct epoll_event event[EVENTS];

	watch(run, listener, EPOLLIN);
	while (now_s() < run->end_s) {
		int events = epoll_wait(run->epoll, event, EVENTS, 100);

		for (int i = 0; i < events; i++) {
			if (event[i].data.fd == listener)
				accept_all(run, listener);
			else
				on_server(run, event[i].data.fd);
		}
	}
}

static void connect_all(struct run *run)
{
	struct epoll_event event[EVENTS];
	long left = run->count;

	while (now_s() < run->end_s) {
		for (int i = 0; i < EVENTS && run->opening < OPENING_MAX && run->under_way < run->count &&
				(left > 0 || run->mode == CHURN);
		     i++)
			left -= open_one(run);
		int events = epoll_wait(run->epoll, event, EVENTS, 10);

		for (int i = 0; i < events; i++)
			on_client(run, &event[i]);
	}
}

static int usage(void)
{
	fprintf(stderr, "usage: connections hold|churn|garble FROM[/LENGTH] SERVER PORT COUNT SECONDS [TEXT]\n"
			"       connections serve ADDRESS PORT COUNT SECONDS\n");
	return 2;
}

static bool run_parse(struct run *run, int argc, char **argv)
{
	static const char *const modes[] = {"serve", "hold", "churn", "garble"};
	int at = 2;
	double seconds;

	for (run->mode = SERVE; run->mode <= GARBLE && (argc < 2 || strcmp(argv[1], modes[run->mode])); run->mode++)
		;
	if (run->mode > GARBLE || argc < (run->mode == SERVE ? 6 : 7))
		return false;
	if (run->mode != SERVE && !end_parse(&run->from, argv[at++], 0))
		return false;
	if (!end_parse(&run->server, argv[at], atoi(argv[at + 1])))
		return false;
	run->count = atoi(argv[at + 2]);
	seconds = atof(argv[at + 3]);
	run->text = argc > at + 4 ? argv[at + 4] : NULL;
	run->end_s = now_s() + seconds;
	return run->count > 0 && run->count <= COUNT_MAX && seconds > 0 && seconds <= SECONDS_MAX;
}

int main(int argc, char **argv)
{
	struct rlimit descriptors;
	static struct run run;
	double start_s = now_s();

	if (!run_parse(&run, argc, argv))
		return usage();
	getrlimit(RLIMIT_NOFILE, &descriptors);
	descriptors.rlim_cur = descriptors.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &descriptors) || descriptors.rlim_cur < (rlim_t)run.count + 8) {
		fprintf(stderr, "connections: no more than %lu descriptors\n", (unsigned long)descriptors.rlim_cur);
		return 1;
	}
	run.epoll = epoll_create1(0);
	if (run.mode == SERVE)
		serve(&run);
	else
		connect_all(&run);
	printf("%lu opened, %lu failed, %lu words, %d open at the end, in %.2f s\n", run.opened, run.failed, run.words,
	       run.under_way, now_s() - start_s);
	return 0;
}
