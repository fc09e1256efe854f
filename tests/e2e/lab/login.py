# SPDX-License-Identifier: BSD-2-Clause
"""Logs in with what python brings along, trying one password after the other on the same connection as people's scripts
do. Usage: login.py SERVICE SERVER USER PASSWORD..."""
import imaplib
import poplib
import smtplib
import ssl
import sys

context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
service, server, user, *passwords = sys.argv[1:]


def imap():
    if service == "imaps":
        mail = imaplib.IMAP4_SSL(server, ssl_context=context)
    else:
        mail = imaplib.IMAP4(server)
        mail.starttls(context)
    return mail, lambda password: mail.login(user, password), mail.logout


def pop3():
    if service == "pop3s":
        mail = poplib.POP3_SSL(server, context=context)
    else:
        mail = poplib.POP3(server)
        mail.stls(context)

    def login(password):
        mail.user(user)
        mail.pass_(password)

    return mail, login, mail.quit


def smtp():
    if service == "submissions":
        mail = smtplib.SMTP_SSL(server, 465, context=context)
    else:
        mail = smtplib.SMTP(server, 587)
        mail.starttls(context=context)
    return mail, lambda password: mail.login(user, password), mail.quit


def use(mail):
    if service.startswith("imap"):
        mail.select()
        mail.noop()
    elif service.startswith("pop3"):
        mail.stat()
    else:
        mail.noop()


refusals = (imaplib.IMAP4.error, poplib.error_proto, smtplib.SMTPException)
mail, login, leave = {"i": imap, "p": pop3, "s": smtp}[service[0]]()
for password in passwords:
    try:
        login(password)
    except refusals:
        continue
    use(mail)
    leave()
    sys.exit(0)
leave()
sys.exit(1)
