use config::{LdapAccountSettings, LdapFlavour};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// A server that gives every bind this result (RFC 4511, section 4.2.2), and its URL.
async fn answering(result: u8) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("ldap://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut request = [0; 1_024];
            // `SEQUENCE { INTEGER message, … }`, with lengths of one byte each.
            while let Ok(5..) = client.read(&mut request).await {
                let answer = [0x30, 12, 2, 1, request[4], 0x61, 7, 10, 1, result, 4, 0, 4, 0];
                client.write_all(&answer).await.unwrap();
            }
        }
    });
    url
}

async fn connected(results: [u8; 2]) -> Result<usize, String> {
    let mut servers = Vec::new();
    for result in results {
        servers.extend(settings(&answering(result).await).servers);
    }
    let settings = LdapContacts { servers, ..settings("ldap://127.0.0.1") };
    let connection = LdapConnection::new(&settings).unwrap();
    connection.connected(connection.until()).await.map(|connected| connected.server)
}

fn settings(url: &str) -> LdapContacts {
    let account = LdapAccountSettings {
        dn: "cn=bot,dc=example,dc=org".to_owned(),
        password: Secret::new("x"),
        key: "contacts.reader_dn",
    };
    LdapContacts::new(LdapFlavour::OpenLdap, url, "dc=example,dc=org", account)
}

#[tokio::test]
async fn an_account_that_one_server_refuses_is_tried_at_the_next() {
    // 49 is what slapd says of an account that it has locked; 13, 8 and 10 are of servers that are set up differently.
    for refusal in [49, 13, 8, 10, 1] {
        assert_eq!(connected([refusal, 0]).await, Ok(1), "{refusal}");
    }
    assert_eq!(connected([0, 49]).await, Ok(0));
    let refused = connected([49, 49]).await.unwrap_err();
    assert_eq!(refused.matches("does not accept this account").count(), 2, "{refused}");
}
