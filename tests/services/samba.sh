# A domain controller of Active Directory by Samba, for tests/with-services. It is sourced there.
#
# What tests are told: TEST_SERVICES_AD and TEST_SERVICES_AD_LDAPS, each the URL of the server, TEST_SERVICES_AD_PASSWORD, the password of Administrator, who
# may do everything, and TEST_SERVICES_CA, which signed its certificate. The certificate names localhost, and not 127.0.0.1. The domain is
# DC=ad,DC=example,DC=org.
#
# Its ports cannot be chosen: 389 and 636, which are free in a namespace of its own.
#
# Each test adds a tree of its own, OU=…, with the accounts CN=bot and CN=redeem and with its contacts below OU=people. What the accounts may do there is
# what docs/directories/active-directory.md says.

# Making a domain takes a while, and more of it on a busy machine: what is made is kept in the target folder until there is another Samba, and each run has
# a copy.
make_domain() {
  local version made
  version=$(dpkg-query --show --showformat='${Version}' samba)
  samba_home=$folder/samba
  mkdir "$samba_home"
  made=$(readlink -m "${CARGO_TARGET_DIR:-target}")/with-services/samba
  provision "$made" "$version" >"$folder/log/samba-provision" 2>&1 &
  making_domain=$!
}

# provision FOLDER VERSION: the domain, copied to where this run has it.
provision() {
  local made=$1 version=$2 password
  if [[ "$(cat "$made/version" 2>/dev/null)" != "$version" ]]; then
    rm -rf "$made"
    mkdir -p "$made"
    # Four kinds of characters: the domain has its own rules until they are set below.
    password=Aa1-$(openssl rand -hex 16)
    samba-tool domain provision --realm=AD.EXAMPLE.ORG --domain=ADEX --server-role=dc --dns-backend=NONE --adminpass="$password" \
      --host-name=dc1 --host-ip=127.0.0.1 --targetdir="$made/domain" --option="interfaces=lo" --option="bind interfaces only=yes" || return 1
    # What a test wants of a policy beyond this it says for its own people. Administrator's password stays good for as long as the folder is kept.
    samba-tool domain passwordsettings set -H "$made/domain/private/sam.ldb" -s "$made/domain/etc/smb.conf" \
      --complexity=off --min-pwd-length=7 --min-pwd-age=0 --max-pwd-age=0 --history-length=0 --account-lockout-threshold=0 || return 1
    echo "$password" >"$made/password"
    # Last, when all is there.
    echo "$version" >"$made/version"
  fi
  cp -a "$made/domain" "$made/password" "$samba_home" && sed -i "s|$made/domain|$samba_home/domain|" "$samba_home/domain/etc/smb.conf"
}

start_samba() {
  wait "$making_domain" || fail "the domain could not be made"
  certify samba DNS:localhost
  TEST_SERVICES_AD_PASSWORD=$(<"$samba_home/password")
  export TEST_SERVICES_AD_PASSWORD TEST_SERVICES_CA=$folder/tls/ca.pem
  # The password of before would sign in for another hour. Nobody waits for the disk: the folder is gone at the end.
  start samba samba -F --debug-stdout -s "$samba_home/domain/etc/smb.conf" --option="server services=ldap" --option="interfaces=lo" \
    --option="bind interfaces only=yes" --option="prefork children=1" --option="old password allowed period=0" --option="ldb:nosync=yes" \
    --option="log file=$samba_home/log" --option="pid directory=$samba_home" --option="ncalrpc dir=$samba_home/ncalrpc" \
    --option="tls enabled=yes" --option="tls keyfile=$folder/tls/samba.key" --option="tls certfile=$folder/tls/samba.pem" --option="tls cafile=$folder/tls/ca.pem"
  export TEST_SERVICES_AD=ldap://localhost:389 TEST_SERVICES_AD_LDAPS=ldaps://localhost:636
  wait_until Samba answers 636
}
