#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

# As shipped Dovecot answers after two seconds at first, and an address that fails on after up to 17; Courier after five.
LAB_ATTACK_S=40
ATTACKERS=("hydra-slow   198.51.100.10        hydra  imaps         slow"
           "medusa-slow  198.51.100.11        medusa pop3s         slow"
           "hydra-cour   198.51.100.12        hydra  imaps         courier"
           "medusa-cour  198.51.100.13        medusa pop3s         courier"
           "hydra-exim   198.51.100.14        hydra  submission    exim"
           "medusa-exim  198.51.100.15        medusa submissions   exim")
# (medusa does not speak IPv6, and hydra offers an IPv6 address as a name, which GnuTLS, so Courier and Exim, refuses.)
SUBSCRIBERS=("anna 203.0.113.10        slow    imaps mbsyncs pop3s"
             "bert 2001:db8:cafe::10   courier imaps pop3s imap_starttls"
             "cora 198.51.100.200      exim    submission submissions")
tls_story "The same against servers that take their time, and against Courier and Exim" slow courier exim
