//! What is reached over the network: mail, and the page.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};

use config::MailSecurity;
use reset_link_tests::fakes::smtp::{Script, Stage};
use reset_link_tests::harness::binary::{Process, free_address};

use super::{MAIL_PASSWORD, Place, mail_section};

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_tried_up_to_the_login_and_no_mail_is_sent() {
    let script = || Script::new(MailSecurity::StartTls).login("bot", MAIL_PASSWORD);
    let server = script().start().await.unwrap();
    let place = Place::new(&mail_section(&server, "starttls"));
    let checkup = place.doctor();
    checkup.says("ok", "mail", "takes the login (TLS 1.3)");
    checkup.says("warn", "organisation.mail_reply_to", "is not set");

    let refusing = format!("535 5.7.8 {MAIL_PASSWORD} is not the password");
    let server_that_refuses = script().says(Stage::Auth, refusing).start().await.unwrap();
    let place = Place::new(&mail_section(&server_that_refuses, "starttls"));
    let checkup = place.doctor();
    checkup.says("FAIL", "mail", "login: 535 5.7.8 … is not the password");
    checkup.says("FAIL", "mail", "Check `username` and `password`");

    let place = Place::new(&mail_section(&server, "tls"));
    place.doctor().says("FAIL", "mail", "port 587 wants \"starttls\"");
    let dead = free_address().port();
    let place = Place::new(&format!("[mail]\nhost = \"127.0.0.1\"\nport = {dead}\n"));
    place.doctor().says("FAIL", "mail", &format!("Nothing listens at port {dead}"));

    let without_login = Script::new(MailSecurity::None).start().await.unwrap();
    let port = without_login.settings().port;
    let place = Place::new(&format!("[mail]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\n"));
    place.doctor().says("ok", "mail", "answers, and no login is set (not encrypted)");
    for server in [server, server_that_refuses, without_login] {
        assert!(server.received().is_empty());
    }
}

#[test]
fn where_nobody_could_ever_get_a_link_it_fails() {
    let place = Place::new("[links]\nhand_over = \"refuse\"");
    place.doctor().says("FAIL", "mail", "nobody ever gets a link");
}

/// Answers every request at a free address with this.
pub(super) fn answering(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // Who comes and goes is no concern of this test.
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_url_must_lead_to_what_listens_here() {
    let place = Place::new("");
    let _process = Process::configured(&place.config(), place.listen).await;
    let checkup = place.doctor_beside();
    checkup.says("ok", "server.listen", "reset-link runs");
    checkup.says("warn", "server.public_url", "this machine alone");
    assert_eq!(checkup.with("FAIL"), Vec::<&str>::new());

    for (url, text) in [
        (answering("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"), "something else answers"),
        (answering("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n"), "something else answers"),
        (answering("SSH-2.0-OpenSSH_9.9\r\n"), "something else answers"),
        (answering("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n"), "answers 502"),
        (free_address(), "though reset-link runs"),
        (
            answering(
                "HTTP/1.1 503 Service Unavailable\r\nx-robots-tag: noindex, nofollow\r\ncontent-length: 10\r\n\r\nnot ready\n",
            ),
            "cannot do its work",
        ),
    ] {
        place.configure(&format!("http://{url}"), "");
        place.doctor_beside().says("FAIL", "server.public_url", text);
    }
}

#[test]
fn what_listens_in_its_place_is_told() {
    let mut place = Place::new("");
    place.listen = answering("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    place.configure("https://reset.invalid", "");
    let checkup = place.doctor();
    checkup.says("FAIL", "server.listen", "something else (200 OK) answers");
    checkup.says("FAIL", "server.public_url", "finds no address for reset.invalid");
    checkup.says("warn", "server.trusted_proxies", "names no reverse proxy");
    place.configure(
        &format!("http://{}", answering("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")),
        "",
    );
    place.doctor().says("warn", "server.public_url", "finds nobody behind it");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_reset_link_in_its_place_is_told_from_this_one() {
    let (place, mut other) = (Place::new(""), Place::new(""));
    let _process = Process::configured(&place.config(), place.listen).await;
    // Its listener is where the first one's is, and its public URL leads there too.
    other.listen = place.listen;
    other.configure(&format!("http://{}", place.listen), "");
    let checkup = other.doctor();
    checkup.says("FAIL", "server.listen", "another reset-link, not this config's (k4.pid.");
    checkup.says("FAIL", "server.public_url", "another reset-link");
    let checkup = place.doctor_beside();
    checkup.says("ok", "server.listen", "reset-link runs");
}
