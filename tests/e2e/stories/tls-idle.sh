#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "A client in IMAP IDLE stays connected and gets its mail at once, through an attack and the bans of its neighbours"
lab_user alice right
stuffing_lists
lab_up dovecot
edge_start
host reader 198.51.100.200
ATTACKERS=("hydra-imaps 198.51.100.10 hydra imaps dovecot"
           "hydra-stls  198.51.100.11 hydra imap-starttls dovecot")
host hydra-imaps 198.51.100.10
host hydra-stls 198.51.100.11
host clear 198.51.100.12

check "fetchmail logs in over imaps and idles" idle_start reader alice right
check "a mail is with it at once" idle_gets reader alice
step "two neighbours attack inside TLS"
attackers_start
check "a mail is with it at once" idle_gets reader alice
check "the one on imaps is banned" banned_by "$LAB_BAN_S" 198.51.100.10
check "the one with STARTTLS is banned" banned_by "$LAB_BAN_S" 198.51.100.11
check "a mail is with it at once, on the connection that it has had since" idle_gets reader alice
step "a third neighbour attacks in clear text"
attack_hydra clear imap "$FARM4" "$LAB/stuffed.users" "$LAB/stuffed.passwords" -t 16 &
check "it is banned" wait_until 10 verdict_is 198.51.100.12 banned
check "a mail is with it at once, on the connection that it has had since" idle_gets reader alice
check "it is not banned" verdict_is 198.51.100.200 passes
check "it is counted as somebody who logged in, once" equal "$(explained 198.51.100.200 successes)" 1
