# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# What stands in front of the farm's Dovecot and Postfix and ends TLS for them (.ci/deps record): nginx, which speaks the
# dialogue itself until the login, and HAProxy, which does not look into it. Both need dovecot and postfix to be there.
nginx_start() {
	local listen
	mkdir -p "$LAB/nginx"
	nginx_configuration >"$LAB/nginx.conf"
	farm_daemon nginx nginx.err nginx -c "$LAB/nginx.conf" -e "$LAB/nginx.log"
}

nginx_configuration() {
	local row
	cat <<-END
		load_module /usr/lib/nginx/modules/ngx_mail_module.so;
		user root;
		daemon off;
		worker_processes 1;
		pid $LAB/nginx/pid;
		error_log $LAB/nginx.log info;
		events { worker_connections 4096; }
		http {
			access_log off;
			client_body_temp_path $LAB/nginx/a; proxy_temp_path $LAB/nginx/b; fastcgi_temp_path $LAB/nginx/c;
			uwsgi_temp_path $LAB/nginx/d; scgi_temp_path $LAB/nginx/e;
			map_hash_bucket_size 256;
			map "\$http_auth_user:\$http_auth_pass" \$known {
				default 0;
				$(sed -E 's/^([^:]*):\{PLAIN\}(.*)$/"\1:\2" 1;/' "$LAB/users")
			}
			map \$http_auth_protocol \$backend { default 143; pop3 110; smtp 587; }
			map \$known \$verdict { 1 OK; default "${LAB_NGINX_REFUSAL:-Invalid login or password}"; }
			map \$known \$wait { 1 ""; default "${LAB_NGINX_WAIT-3}"; }
			server {
				listen 127.0.0.1:9000;
				location / {
					add_header Auth-Status \$verdict;
					add_header Auth-Server $(server4 dovecot);
					add_header Auth-Port \$backend;
					add_header Auth-Wait \$wait;
					return 204;
				}
			}
		}
		mail {
			server_name mail.example;
			auth_http 127.0.0.1:9000/;
			ssl_certificate $LAB/cert.pem;
			ssl_certificate_key $LAB/key.pem;
			ssl_protocols TLSv1.2 TLSv1.3;
			ssl_ciphers DEFAULT;
			imap_auth plain login cram-md5;
			pop3_auth plain apop cram-md5;
			smtp_auth login plain;
			xclient off;
			proxy_pass_error_message on;
	END
	for row in "143 imap starttls" "993 imap ssl" "110 pop3 starttls" "995 pop3 ssl" "587 smtp starttls" "465 smtp ssl"; do
		# shellcheck disable=SC2086 # words
		nginx_server $row
	done
	echo "}"
}
nginx_server() {
	local address with='' tls='starttls on;'
	[ "$3" != ssl ] || with=' ssl' tls=''
	echo "server { protocol $2; $tls"
	for address in "$(server4 nginx)" "[$(server6 nginx)]"; do echo "listen $address:$1$with;"; done
	[ "$2" != smtp ] || echo "proxy_smtp_auth on;"
	echo "}"
}
nginx_stop() { farm_kill nginx; }

haproxy_start() {
	local row
	cat "$LAB/cert.pem" "$LAB/key.pem" >"$LAB/haproxy.pem"
	{
		printf 'global\n maxconn 4000\n ssl-default-bind-ciphers DEFAULT\n stats socket %s\n' "$LAB/haproxy.sock"
		printf 'defaults\n mode tcp\n timeout connect 5s\n timeout client 5m\n timeout server 5m\n'
		for row in "993 10143" "995 10110" "465 10465"; do
			# shellcheck disable=SC2086 # words
			haproxy_port $row
		done
	} >"$LAB/haproxy.conf"
	farm_daemon haproxy haproxy.log haproxy -db -f "$LAB/haproxy.conf"
}
haproxy_port() {
	printf 'listen port%d\n bind %s:%d ssl crt %s\n bind %s:%d ssl crt %s\n server one %s:%d send-proxy-v2\n' "$1" \
		"$(server4 haproxy)" "$1" "$LAB/haproxy.pem" "$(server6 haproxy)" "$1" "$LAB/haproxy.pem" "$(server4 dovecot)" "$2"
}
haproxy_stop() { farm_kill haproxy; }
