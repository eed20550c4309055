# PostgreSQL with PgBouncer before it, and MariaDB, for tests/with-services. It is sourced there.
#
# What tests are told:
#   TEST_SERVICES_POSTGRES, TEST_SERVICES_MARIADB                    the URL of an account that may do everything
#   TEST_SERVICES_POSTGRES_SOCKET                                    the folder of a socket where no password is asked for
#   TEST_SERVICES_MARIADB_SOCKET                                     the other socket
#   TEST_SERVICES_PGBOUNCER_SESSION, TEST_SERVICES_PGBOUNCER_TRANSACTION   PostgreSQL with a pooler before it, of each kind
#   TEST_SERVICES_POSTGRES_REPLICA, TEST_SERVICES_MARIADB_REPLICA    servers that may only be read, and know no TLS
#   TEST_SERVICES_CA                                                 what signed the certificate of both servers
#   TEST_SERVICES_NAMED_HOST, TEST_SERVICES_UNNAMED_HOST             addresses at which both listen, beside loopback: the certificate names localhost and the
#                                                                    first. Neither is loopback's, so that what holds beyond this machine can be tested on it.

# PostgreSQL refuses root, and the others need not be it.
as_nobody=(setpriv --reuid=nobody --regid=nogroup --clear-groups)

name_hosts() {
  # Kept for documentation (RFC 5737): nobody's, and in this namespace they lead nowhere else.
  export TEST_SERVICES_NAMED_HOST=198.51.100.10 TEST_SERVICES_UNNAMED_HOST=198.51.100.11
  ip address add "$TEST_SERVICES_NAMED_HOST/32" dev lo
  ip address add "$TEST_SERVICES_UNNAMED_HOST/32" dev lo
}

# make_data NAME COMMAND…: fills the data folder of a server; its words are kept where that fails.
make_data() {
  local log=$folder/log/$1
  shift
  "${as_nobody[@]}" "$@" >"$log" 2>&1 && rm "$log"
}

# Both data folders are filled at the same time: that is nearly all the time that these servers take.
make_databases() {
  local home=$folder/databases
  install -d -o nobody -g nogroup -m 755 "$home" "$home/tls" "$home/mariadb-tmp"
  certify databases "DNS:localhost,IP:$TEST_SERVICES_NAMED_HOST"
  install -o nobody -g nogroup -m 600 "$folder/tls/databases.key" "$home/tls/server.key"
  export TEST_SERVICES_CA=$folder/tls/ca.pem
  database_password=$(openssl rand -hex 16)
  postgresql=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 | sort -V | tail -n 1)/bin
  install -o nobody -m 600 /dev/stdin "$home/password" <<<"$database_password"
  make_data initdb "$postgresql/initdb" -D "$home/postgresql" -U postgres --auth-local=trust --auth-host=scram-sha-256 --pwfile="$home/password" \
    -E UTF8 --locale=C.UTF-8 --no-sync &
  making_postgresql=$!
  make_data mariadb-install-db mariadb-install-db --no-defaults --datadir="$home/mariadb" --auth-root-authentication-method=normal --skip-test-db &
  making_mariadb=$!
}

# Servers that may only be read, without TLS, at every address; made of the data of the others before these begin.
start_replicas() {
  local home=$folder/databases
  free_port
  start postgresql-replica "${as_nobody[@]}" "$postgresql/postgres" -D "$home/postgresql-replica" -p "$REPLY" -k "$home" \
    -c listen_addresses='*' -c shared_buffers=8MB
  wait_until "the replica of PostgreSQL" "$postgresql/pg_isready" -q -h 127.0.0.1 -p "$REPLY"
  export TEST_SERVICES_POSTGRES_REPLICA=postgres://postgres:$database_password@127.0.0.1:$REPLY/postgres
  free_port
  start mariadb-replica "${as_nobody[@]}" mariadbd --no-defaults --datadir="$home/mariadb-replica" --socket="$home/mariadb-replica.sock" \
    --pid-file="$home/mariadb-replica.pid" --tmpdir="$home/mariadb-tmp" --port="$REPLY" --bind-address=0.0.0.0 --skip-name-resolve \
    --init-file="$home/mariadb.sql" --innodb-buffer-pool-size=8M --read-only
  MYSQL_PWD=$database_password wait_until "the replica of MariaDB" mariadb-admin --no-defaults -h 127.0.0.1 -P "$REPLY" -u admin ping
  export TEST_SERVICES_MARIADB_REPLICA=mysql://admin:$database_password@127.0.0.1:$REPLY/mysql
}

# Without a wait for the disk: what is in these tables is gone with the folder.
start_postgresql() {
  local home=$folder/databases
  wait "$making_postgresql" || fail "the data folder of PostgreSQL could not be made"
  cp -a "$home/postgresql" "$home/postgresql-replica"
  install -o nobody -g nogroup -m 600 /dev/null "$home/postgresql-replica/standby.signal"
  printf 'hostssl all all %s/32 scram-sha-256\n' "$TEST_SERVICES_NAMED_HOST" "$TEST_SERVICES_UNNAMED_HOST" >>"$home/postgresql/pg_hba.conf"
  free_port
  start postgresql "${as_nobody[@]}" "$postgresql/postgres" -D "$home/postgresql" -p "$REPLY" -k "$home" \
    -c listen_addresses='*' -c max_connections=400 -c fsync=off -c full_page_writes=off -c shared_buffers=64MB \
    -c ssl=on -c ssl_cert_file="$folder/tls/databases.pem" -c ssl_key_file="$home/tls/server.key" -c ssl_ca_file="$folder/tls/ca.pem"
  wait_until PostgreSQL "$postgresql/pg_isready" -q -h 127.0.0.1 -p "$REPLY"
  export TEST_SERVICES_POSTGRES=postgres://postgres:$database_password@127.0.0.1:$REPLY/postgres TEST_SERVICES_POSTGRES_SOCKET=$home
  start_pgbouncer session "$REPLY"
  start_pgbouncer transaction "$REPLY"
}

# start_pgbouncer POOLING PORT: logins are those of the PostgreSQL behind it.
start_pgbouncer() {
  local pooling=$1 behind=$2 home=$folder/databases/pgbouncer-$1
  install -d -o nobody -g nogroup -m 700 "$home"
  free_port
  install -o nobody -m 600 /dev/stdin "$home/users" <<<"\"postgres\" \"$database_password\""
  install -o nobody -m 600 /dev/stdin "$home/pgbouncer.ini" <<END
[databases]
* = host=127.0.0.1 port=$behind
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $REPLY
unix_socket_dir =
pool_mode = $pooling
auth_type = scram-sha-256
auth_file = $home/users
auth_user = postgres
auth_query = SELECT usename, passwd FROM pg_shadow WHERE usename = \$1
END
  start "pgbouncer-$pooling" "${as_nobody[@]}" pgbouncer "$home/pgbouncer.ini"
  wait_until PgBouncer answers "$REPLY"
  export "TEST_SERVICES_PGBOUNCER_${pooling^^}=postgres://postgres:$database_password@127.0.0.1:$REPLY/postgres"
}

start_mariadb() {
  local home=$folder/databases
  wait "$making_mariadb" || fail "the data folder of MariaDB could not be made"
  cp -a "$home/mariadb" "$home/mariadb-replica"
  # Accounts without a name would be taken before those that are open to every host.
  install -o nobody -m 600 /dev/stdin "$home/mariadb.sql" <<END
DELETE FROM mysql.global_priv WHERE user IN ('', 'root');
FLUSH PRIVILEGES;
CREATE USER admin@'%' IDENTIFIED BY '$database_password';
GRANT ALL ON *.* TO admin@'%' WITH GRANT OPTION;
END
  free_port
  start mariadb "${as_nobody[@]}" mariadbd --no-defaults --datadir="$home/mariadb" --socket="$home/mariadb.sock" --pid-file="$home/mariadb.pid" \
    --tmpdir="$home/mariadb-tmp" --port="$REPLY" --bind-address=0.0.0.0 --skip-name-resolve --init-file="$home/mariadb.sql" \
    --character-set-server=utf8mb4 --collation-server=utf8mb4_unicode_ci --max-connections=400 \
    --innodb-buffer-pool-size=64M --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 \
    --ssl-ca="$folder/tls/ca.pem" --ssl-cert="$folder/tls/databases.pem" --ssl-key="$home/tls/server.key"
  MYSQL_PWD=$database_password wait_until MariaDB mariadb-admin --no-defaults -h 127.0.0.1 -P "$REPLY" -u admin ping
  export TEST_SERVICES_MARIADB=mysql://admin:$database_password@127.0.0.1:$REPLY/mysql TEST_SERVICES_MARIADB_SOCKET=$home/mariadb.sock
}
