# slapd with the password policy overlay, for tests/with-services. It is sourced there.
#
# What tests are told: TEST_SERVICES_LDAP and TEST_SERVICES_LDAPS, each the URL of the server, TEST_SERVICES_LDAP_PASSWORD, the password of
# cn=root,dc=example,dc=org, who may do everything, and TEST_SERVICES_CA, which signed its certificate. The certificate names localhost, and not 127.0.0.1.
#
# Each test adds a tree of its own, ou=…,dc=example,dc=org, with the accounts cn=bot and cn=redeem and with its contacts below ou=people. What the accounts
# may do there is what docs/directories/openldap.md says.

start_slapd() {
  local home=$folder/slapd
  install -d -o nobody -g nogroup -m 700 "$home" "$home/data"
  certify slapd DNS:localhost
  install -o nobody -g nogroup -m 600 "$folder/tls/slapd.key" "$home/server.key"
  TEST_SERVICES_LDAP_PASSWORD=$(openssl rand -hex 16)
  export TEST_SERVICES_LDAP_PASSWORD TEST_SERVICES_CA=$folder/tls/ca.pem
  install -o nobody -m 600 /dev/stdin "$home/slapd.conf" <<END
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile $home/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
TLSCACertificateFile $folder/tls/ca.pem
TLSCertificateFile $folder/tls/slapd.pem
TLSCertificateKeyFile $home/server.key
database mdb
suffix "dc=example,dc=org"
directory $home/data
maxsize 104857600
dbnosync
rootdn "cn=root,dc=example,dc=org"
rootpw $TEST_SERVICES_LDAP_PASSWORD
index objectClass,uid eq
index cn,mail eq,sub
overlay ppolicy
ppolicy_default "cn=policy,dc=example,dc=org"
ppolicy_hash_cleartext

access to dn.regex="^.+,ou=people,(ou=[^,]+,dc=example,dc=org)\$" attrs=userPassword
  by dn.exact,expand="cn=redeem,\$1" =w
  by anonymous auth
  by * none
access to dn.regex="^(.+,)?ou=people,(ou=[^,]+,dc=example,dc=org)\$" attrs=entry,objectClass,uid,cn,mail,description,preferredLanguage,pwdChangedTime,pwdAccountLockedTime,pwdReset,pwdPolicySubentry
  by dn.exact,expand="cn=redeem,\$2" read
  by dn.exact,expand="cn=bot,\$2" read
  by * none
access to dn.regex="^.+,ou=people,(ou=[^,]+,dc=example,dc=org)\$" attrs=entryCSN
  by dn.exact,expand="cn=redeem,\$1" read
  by * none
access to dn.regex="^cn=(policy|strict),(ou=[^,]+,)?dc=example,dc=org\$" attrs=entry,objectClass,pwdCheckQuality,pwdMinLength,pwdMaxLength,pwdInHistory,pwdMinAge
  by dn.regex="^cn=redeem,ou=[^,]+,dc=example,dc=org\$" read
  by * none
access to dn.regex="^cn=(bot|redeem),ou=[^,]+,dc=example,dc=org\$" attrs=userPassword
  by anonymous auth
  by * none
access to * by * none
END
  "${as_nobody[@]}" slapadd -q -f "$home/slapd.conf" >"$folder/log/slapadd" 2>&1 <<'END' || fail "the data folder of slapd could not be made"
dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: cn=policy,dc=example,dc=org
objectClass: pwdPolicy
objectClass: applicationProcess
cn: policy
pwdAttribute: userPassword
pwdCheckQuality: 2
pwdMinLength: 10
pwdLockout: TRUE
pwdMaxFailure: 1000
END
  free_port && export TEST_SERVICES_LDAP=ldap://localhost:$REPLY
  local port=$REPLY
  free_port && export TEST_SERVICES_LDAPS=ldaps://localhost:$REPLY
  start slapd "${as_nobody[@]}" slapd -f "$home/slapd.conf" -h "ldap://127.0.0.1:$port ldaps://127.0.0.1:$REPLY" -d 0
  wait_until slapd answers "$port"
}
