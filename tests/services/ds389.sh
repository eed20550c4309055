# 389 Directory Server, for tests/with-services. It is sourced there.
#
# What tests are told: TEST_SERVICES_DS389, its ldaps:// URL, TEST_SERVICES_DS389_CLEAR, its ldap:// URL, and TEST_SERVICES_DS389_PASSWORD, the password of
# cn=Directory Manager, who may do everything. Its certificate is signed by TEST_SERVICES_CA and names localhost.
#
# Each test adds a tree of its own, with the accounts, contacts and rights that docs/directories/389ds.md says.

# Making it takes most of the time: it goes on beside the other servers until wait_for_ds389.
begin_ds389() {
  local home=$folder/ds389
  install -d -o dirsrv -g dirsrv -m 700 "$home"
  certify ds389 DNS:localhost
  TEST_SERVICES_DS389_PASSWORD=$(openssl rand -hex 16)
  free_port && local port=$REPLY
  free_port && ds389_port=$REPLY
  export TEST_SERVICES_DS389=ldaps://localhost:$ds389_port TEST_SERVICES_DS389_CLEAR=ldap://127.0.0.1:$port TEST_SERVICES_DS389_PASSWORD
  install -m 600 /dev/stdin "$home/instance.inf" <<END
[general]
config_version = 2
full_machine_name = localhost
start = False
strict_host_checking = False
selinux = False
systemd = False
[slapd]
instance_name = test
port = $port
secure_port = $ds389_port
root_password = $TEST_SERVICES_DS389_PASSWORD
self_sign_cert = False
db_dir = $home/db
db_home_dir = $home/db-home
backup_dir = $home/backup
ldif_dir = $home/ldif
lock_dir = $home/lock
log_dir = $home/log
run_dir = /run/dirsrv
[backend-userroot]
suffix = dc=example,dc=org
sample_entries = no
create_suffix_entry = True
END
  # What the server writes below /etc and /run it writes where nobody else sees it, and no process of it outlives the first one.
  start ds389 unshare --mount --pid --fork --kill-child --mount-proc \
    bash -euc "$(declare -f run_ds389); run_ds389 \"\$@\"" -- "$home" "$folder/tls" "$ds389_port"
}

# run_ds389 HOME TLS PORT: makes the instance and becomes the server, in namespaces of its own.
run_ds389() {
  local home=$1 tls=$2 port=$3 instance=/etc/dirsrv/slapd-test
  cp -a /etc/dirsrv "$home/etc"
  mount --bind "$home/etc" /etc/dirsrv
  mount -t tmpfs -o mode=755 none /run
  install -d -o dirsrv -g dirsrv /run/dirsrv /run/lock
  # There is no systemd here, whatever Debian's defaults say, and the instance's own file is not asked.
  sed 's/^with_systemd = 1/with_systemd = 0/' /usr/share/dirsrv/inf/defaults.inf >"$home/defaults.inf"
  mount --bind "$home/defaults.inf" /usr/share/dirsrv/inf/defaults.inf
  container=yes dscreate from-file "$home/instance.inf"
  openssl pkcs12 -export -in "$tls/ds389.pem" -inkey "$tls/ds389.key" -name Server-Cert -passout pass: -out "$home/server.p12"
  # The instance has a database for certificates, and a file with its password.
  pk12util -i "$home/server.p12" -d "sql:$instance" -W '' -k "$instance/pwdfile.txt"
  certutil -A -d "sql:$instance" -f "$instance/pwdfile.txt" -n CA -t CT,, -a -i "$tls/ca.pem"
  local settings="nsslapd-security: on\nnsslapd-secureport: $port\nnsslapd-pwpolicy-local: on"
  settings+="\npasswordTrackUpdateTime: on\npasswordCheckSyntax: on\npasswordMinLength: 10\npasswordMinCategories: 1\npasswordLockout: on\npasswordMaxFailure: 1000"
  sed -i -E "/^nsslapd-(security|secureport): /d; s/^nsslapd-port: .*/&\n$settings/" "$instance/dse.ldif"
  # It lets ids and e-mails be of ASCII alone, and tests have others.
  sed -i '/^dn: cn=7-bit check,/,/^$/s/^nsslapd-pluginEnabled: on/nsslapd-pluginEnabled: off/' "$instance/dse.ldif"
  chown -R dirsrv:dirsrv "$instance"
  exec ns-slapd -D "$instance" -i /run/dirsrv/slapd-test.pid -d 0
}

wait_for_ds389() {
  patience=1200 wait_until "389 Directory Server" answers "$ds389_port"
}
