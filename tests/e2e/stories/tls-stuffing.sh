#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

ATTACKERS=("hydra-imaps  198.51.100.10        hydra  imaps         dovecot"
           "hydra-stls   2001:db8:bad:11::1   hydra  imap-starttls dovecot"
           "hydra-subm   198.51.100.12        hydra  submission    postfix"
           "hydra-smtps  2001:db8:bad:13::1   hydra  submissions   postfix"
           "medusa-pop3s 198.51.100.14        medusa pop3s         dovecot"
           "ncrack-pop3s 198.51.100.15        ncrack pop3s         dovecot"
           "nmap-imaps   198.51.100.16        nmap   imaps         dovecot")
SUBSCRIBERS=("anna 203.0.113.10        dovecot imaps mbsyncs pop3s imap_starttls"
             "bert 2001:db8:cafe::10   dovecot pop3_starttls fetchmail_imaps mbsync_starttls"
             "cora 198.51.100.200      postfix submission submissions")
tls_story "Attack tools inside TLS are banned by what their replies weigh, from an empty start, while subscribers log in" \
	dovecot postfix
