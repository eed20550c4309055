# slapd with the password policy overlay, for tests/with-services. It is sourced there.
#
# What tests are told: TEST_SERVICES_LDAP and TEST_SERVICES_LDAPS, each the URL of the server, TEST_SERVICES_LDAP_PASSWORD, the password of
# cn=root,dc=example,dc=org, who may do everything, and TEST_SERVICES_CA, which signed its certificate. The certificate names localhost, and not 127.0.0.1.
#
# There are these databases: dc=example,dc=org as docs/directories/openldap.md says; dc=clear,dc=org, which does not hash what it is sent and has no index;
# dc=bare,dc=org, which has no password policy. The password of cn=root is the same in each. Yet another one, dc=glued,dc=org, is as the first, and what is below
# ou=contractors,dc=glued,dc=org is in a database without a password policy.
#
# Each test adds a tree of its own, ou=…,dc=example,dc=org, say, with the accounts cn=bot and cn=redeem and with its contacts below ou=people. What the accounts
# may do there is what docs/directories/openldap.md says.

# slapd_database NAME LINES: a database dc=NAME,dc=org with these lines, and what the accounts of each tree may do there.
slapd_database() {
  local name=$1 lines=$2
  install -d -o nobody -g nogroup -m 700 "$home/data/$name"
  cat <<END
database mdb
suffix "dc=$name,dc=org"
directory $home/data/$name
maxsize 104857600
dbnosync
rootdn "cn=root,dc=$name,dc=org"
rootpw $TEST_SERVICES_LDAP_PASSWORD
$lines
access to dn.regex="^cn=probe,ou=people,(ou=[^,]+,dc=$name,dc=org)\$" attrs=userPassword
  by dn.exact,expand="cn=redeem,\$1" write
  by anonymous auth
  by * none
access to dn.regex="^cn=without-sign-in,ou=people,(ou=[^,]+,dc=$name,dc=org)\$" attrs=userPassword
  by dn.exact,expand="cn=redeem,\$1" =w
  by * none
access to dn.regex="^cn=out-of-reach,ou=people,(ou=[^,]+,dc=$name,dc=org)\$" attrs=userPassword
  by anonymous auth
  by * none
access to dn.regex="^.+,ou=people,(ou=[^,]+,dc=$name,dc=org)\$" attrs=userPassword
  by dn.exact,expand="cn=redeem,\$1" =w
  by anonymous auth
  by * none
access to dn.regex="^(.+,)?ou=people,(ou=[^,]+,dc=$name,dc=org)\$" attrs=entry,objectClass,uid,cn,mail,description,preferredLanguage,pwdChangedTime,pwdAccountLockedTime,pwdReset,pwdPolicySubentry,ref
  by dn.exact,expand="cn=redeem,\$2" read
  by dn.exact,expand="cn=bot,\$2" read
  by * none
access to dn.regex="^.+,ou=people,(ou=[^,]+,dc=$name,dc=org)\$" attrs=entryCSN
  by dn.exact,expand="cn=redeem,\$1" read
  by * none
access to dn.regex="^cn=(policy|strict),(ou=[^,]+,)?dc=$name,dc=org\$" attrs=entry,objectClass,pwdCheckQuality,pwdMinLength,pwdMaxLength,pwdInHistory,pwdMinAge,pwdLockout,pwdMaxFailure
  by dn.regex="^cn=redeem,ou=[^,]+,dc=$name,dc=org\$" read
  by * none
access to dn.regex="^cn=(bot|redeem),ou=[^,]+,dc=$name,dc=org\$" attrs=userPassword
  by anonymous auth
  by * none
access to * by * none
END
}

# The database of a branch of dc=glued,dc=org. It stands before that one, and has no password of its own for cn=root.
slapd_contractors() {
  install -d -o nobody -g nogroup -m 700 "$home/data/contractors"
  cat <<END
database mdb
suffix "ou=contractors,dc=glued,dc=org"
subordinate
directory $home/data/contractors
maxsize 104857600
dbnosync
rootdn "cn=root,dc=glued,dc=org"
access to dn.subtree="ou=contractors,dc=glued,dc=org" attrs=userPassword
  by dn.regex="^cn=redeem,ou=[^,]+,dc=glued,dc=org\$" =w
  by anonymous auth
  by * none
access to dn.subtree="ou=contractors,dc=glued,dc=org" attrs=entry,objectClass,uid,cn,mail,preferredLanguage,pwdChangedTime,pwdAccountLockedTime,entryCSN,ref
  by dn.regex="^cn=(bot|redeem),ou=[^,]+,dc=glued,dc=org\$" read
  by * none
END
}

# slapd_contents NAME: the entry of its suffix, and its policy.
slapd_contents() {
  "${as_nobody[@]}" slapadd -q -f "$home/slapd.conf" -b "dc=$1,dc=org" >>"$folder/log/slapadd" 2>&1 <<END || fail "the data folder of slapd could not be made"
dn: dc=$1,dc=org
objectClass: dcObject
objectClass: organization
o: Example
dc: $1

dn: cn=policy,dc=$1,dc=org
objectClass: pwdPolicy
objectClass: applicationProcess
cn: policy
pwdAttribute: userPassword
pwdCheckQuality: 2
pwdMinLength: 10
pwdLockout: TRUE
pwdMaxFailure: 1000
END
}

start_slapd() {
  local home=$folder/slapd
  install -d -o nobody -g nogroup -m 700 "$home" "$home/data"
  certify slapd DNS:localhost
  install -o nobody -g nogroup -m 600 "$folder/tls/slapd.key" "$home/server.key"
  TEST_SERVICES_LDAP_PASSWORD=$(openssl rand -hex 16)
  export TEST_SERVICES_LDAP_PASSWORD TEST_SERVICES_CA=$folder/tls/ca.pem
  {
    cat <<END
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
database config
access to dn.subtree="cn=config" attrs=entry,objectClass,olcSuffix,olcDbIndex
  by dn.regex="^cn=bot,ou=[^,]+,dc=(example|clear),dc=org\$" read
  by * none
END
    local policy="overlay ppolicy
ppolicy_default cn=policy,dc"
    slapd_database example "index objectClass eq
index uid,mail,cn eq,sub
limits dn.regex=^cn=bot, size=unlimited
$policy=example,dc=org
ppolicy_hash_cleartext"
    slapd_database clear "index objectClass eq
$policy=clear,dc=org"
    slapd_database bare "index objectClass,uid eq"
    slapd_contractors
    slapd_database glued "$policy=glued,dc=org
ppolicy_hash_cleartext
access to dn.base=\"dc=glued,dc=org\" attrs=entry,objectClass
  by dn.regex=\"^cn=(bot|redeem),ou=[^,]+,dc=glued,dc=org\$\" read
  by * none"
  } | install -o nobody -m 600 /dev/stdin "$home/slapd.conf"
  local name
  for name in example clear bare glued; do slapd_contents "$name"; done
  free_port && export TEST_SERVICES_LDAP=ldap://localhost:$REPLY
  local port=$REPLY
  free_port && export TEST_SERVICES_LDAPS=ldaps://localhost:$REPLY
  start slapd "${as_nobody[@]}" slapd -f "$home/slapd.conf" -h "ldap://127.0.0.1:$port ldaps://127.0.0.1:$REPLY" -d 0
  wait_until slapd answers "$port"
}
