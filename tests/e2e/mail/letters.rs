//! What arrives: each mail as a reader's program decodes it.

use std::os::unix::fs::PermissionsExt;
use texts::Language;

use bot::mail::{
    AskedBy, FileSender, MailBranding, MailBrandingError, MailSender, MailedLink, OutgoingMail, Recipient,
};
use config::{MailSecurity, Organisation};
use keys::ContactId;
use mail_parser::{Message, MessageParser, MimeHeaders as _};
use reset_link_tests::fakes::smtp::Script;

use super::{OBJECTION, ada, email, expires_at, link, link_id, mailed, now, organisation, reset_mail, send};

/// Sends a mail through a server and gives back what it took.
async fn through_a_server(mail: &OutgoingMail) -> Vec<u8> {
    let server = Script::new(MailSecurity::None).offering("SMTPUTF8").start().await.unwrap();
    send(&server.settings(), mail).await.unwrap();
    server.wait_for(1).await.remove(0).raw
}

fn parsed(raw: &[u8]) -> Message<'_> {
    MessageParser::default().parse(raw).unwrap()
}

fn text(raw: &[u8]) -> String {
    parsed(raw).body_text(0).unwrap().replace("\r\n", "\n")
}

fn html(raw: &[u8]) -> String {
    parsed(raw).body_html(0).unwrap().replace("\r\n", "\n")
}

/// The headers as they travel, then both bodies as they are read.
fn whole(raw: &[u8]) -> String {
    let raw_text = String::from_utf8(raw.to_vec()).unwrap().replace("\r\n", "\n");
    let (headers, _) = raw_text.split_once("\n\n").unwrap();
    format!("{headers}\n\n--- text ---\n{}\n--- html ---\n{}", text(raw), html(raw))
}

fn notices(language: &str) -> [(&'static str, OutgoingMail); 6] {
    let id = ContactId::new("42").unwrap();
    let email = email("ada.lovelace@example.org");
    let to = Recipient { id: &id, name: "Ada Lovelace", email: &email, language: Some(language) };
    let head = MailBranding::new(&Organisation { language: language.to_owned(), ..organisation() }).unwrap();
    let changed_at = "2026-11-24T09:41:00Z".parse().unwrap();
    let by =
        |asked_by| MailedLink { asked_by, ..mailed("https://reset.example.org/r/v4.public.x", expires_at()) };
    [
        ("reset", head.reset_mail(&to, &mailed(&link(), expires_at()), now())),
        ("reset_unnamed", head.reset_mail(&to, &by(AskedBy::HelpDesk(None)), now())),
        ("reset_page", head.reset_mail(&to, &by(AskedBy::Page), now())),
        ("changed", head.changed_notice(&to, link_id(), changed_at, OBJECTION, changed_at)),
        ("handed_over", head.handed_over_notice(&to, link_id(), expires_at(), now())),
        ("test", head.test_mail(&email, link_id(), now())),
    ]
}

#[tokio::test]
async fn every_mail_reads_well_in_every_language() {
    for language in Language::all().iter().map(Language::tag) {
        for (name, mail) in notices(&language) {
            let raw = through_a_server(&mail).await;
            insta::assert_snapshot!(format!("{name}_{language}"), whole(&raw));
        }
    }
}

#[tokio::test]
async fn the_link_arrives_unbroken_alone_on_its_line_and_behind_the_button() {
    let raw = through_a_server(&ada()).await;
    let link = link();
    assert_eq!(text(&raw).lines().filter(|line| *line == link).count(), 1);
    assert_eq!(text(&raw).matches("https://reset.example.org/r/").count(), 1);
    assert_eq!(text(&raw).lines().filter(|line| *line == OBJECTION).count(), 1);
    let html = html(&raw);
    assert_eq!(html.matches(&format!("<a href=\"{link}\"")).count(), 1);
    assert!(html.contains(&format!(">{link}</a>")));
    let longest = raw.split(|byte| *byte == b'\n').map(<[u8]>::len).max();
    assert!(longest <= Some(78), "a line of {longest:?} bytes may be broken on the way");
    assert!(raw.is_ascii());
}

#[tokio::test]
async fn a_mail_says_who_sent_it_why_for_how_long_and_asks_for_one_thing() {
    let raw = through_a_server(&ada()).await;
    for body in [text(&raw), html(&raw)] {
        assert!(
            body.contains(
                "Example Ltd sent this because Alice of the help desk asked for a new password for your account 42, at 10:24 CET on 24 November 2026."
            ),
            "{body}"
        );
        assert!(body.contains("The link works once, until 10:39 CET, for 15 minutes."), "{body}");
        assert!(
            body.contains("Did you not ask for this? So far nothing has been changed. Tell us here,"),
            "{body}"
        );
        assert!(!body.contains("do not have to do anything"), "{body}");
    }
}

#[tokio::test]
async fn a_list_of_mails_shows_a_line_that_the_mail_itself_does_not() {
    for language in Language::all().iter().map(Language::tag) {
        for (name, mail) in notices(&language) {
            let html = html(&through_a_server(&mail).await);
            let (_, body) = html.split_once("<body").unwrap();
            let (before, rest) = body.split_once("<div style=\"display:none;").unwrap();
            assert!(!before.contains("<p"), "{name}: it is the first text");
            let preview = rest.split_once('>').unwrap().1.split("</div>").next().unwrap();
            assert!(preview.len() > 20 && !preview.contains("v4.public"), "{name}: {preview}");
        }
    }
}

#[tokio::test]
async fn the_bare_link_is_the_last_and_smallest_thing_and_alone_may_break_anywhere() {
    let html = html(&through_a_server(&reset_mail("Ada", "ada@example.org", "de")).await);
    let (before, last) = html.rsplit_once("<p ").unwrap();
    assert!(last.contains(&format!(">{}</a>", link())) && last.contains("font-size:12px"), "{last}");
    assert!(last.contains("word-break:break-all"), "{last}");
    assert!(!before.contains("break-all") && !before.contains("anywhere"), "words are never broken");
}

#[tokio::test]
async fn a_telephone_number_is_a_link_that_does_not_break() {
    let html = html(&through_a_server(&ada()).await);
    let (_, number) = html.split_once("<a class=\"link\" href=\"tel:0301234567\" style=\"").unwrap();
    assert!(number.starts_with("color:#0f5f6b;white-space:nowrap;\">030 1234567</a>"), "{number}");
    assert!(html.contains("href=\"mailto:help@example.org\""));
}

/// The header of a PNG of 320 by 80 pixels.
const LOGO: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x01\x40\0\0\0\x50\x08\x06\0\0\0";

#[tokio::test]
async fn a_logo_travels_within_the_mail_and_the_accent_colours_button_and_links() {
    let id = ContactId::new("42").unwrap();
    let email = email("ada.lovelace@example.org");
    let to = Recipient { id: &id, name: "Ada Lovelace", email: &email, language: None };
    let looks = Organisation {
        logo: config::Logo::from_bytes(LOGO),
        accent: "#8a1538".parse().unwrap(),
        ..organisation()
    };
    let mail = MailBranding::new(&looks).unwrap().reset_mail(&to, &mailed(&link(), expires_at()), now());
    let raw = through_a_server(&mail).await;
    let html = html(&raw);
    assert!(
        html.contains("<img src=\"cid:logo@example.org\" width=\"160\" height=\"40\" alt=\"\""),
        "{html}"
    );
    assert!(html.contains("bgcolor=\"#8a1538\"") && !html.contains("#0f5f6b"));
    let message = parsed(&raw);
    let picture = message.parts.iter().find(|part| part.content_id() == Some("logo@example.org")).unwrap();
    assert_eq!((picture.contents(), picture.is_content_type("image", "png")), (LOGO, true));
    assert_eq!(text(&raw), ada().text, "the plain text is the same");
    assert!(raw.is_ascii());
}

#[tokio::test]
async fn only_the_reset_mail_carries_a_link_to_reset() {
    for (name, mail) in notices("en") {
        let raw = through_a_server(&mail).await;
        let carries = text(&raw).contains("/r/v4.public") || html(&raw).contains("/r/v4.public");
        assert_eq!(carries, name.starts_with("reset"), "{name}");
        let headers = whole(&raw);
        assert!(!headers.split("--- text").next().unwrap().contains("v4.public"));
    }
}

#[tokio::test]
async fn a_mail_says_that_a_machine_wrote_it() {
    for (_, mail) in notices("de") {
        let raw = through_a_server(&mail).await;
        let message = parsed(&raw);
        let header = |name: &str| message.header_raw(name).map(str::trim).map(str::to_owned);
        assert_eq!(header("Auto-Submitted").as_deref(), Some("auto-generated"));
        assert_eq!(header("Content-Language").as_deref(), Some("de"));
        assert!(message.message_id().unwrap().ends_with("@example.org"));
        assert_eq!(message.attachment_count(), 0);
        assert!(!html(&raw).contains("<img") && !html(&raw).contains("url("));
    }
}

#[tokio::test]
async fn a_name_can_neither_break_a_header_nor_become_markup() {
    let name = "Eve\r\nBcc: all@example.org\r\n\r\n<script>\"x\"</script> \u{202e}evE\u{0}, \"Dr\"";
    let raw = through_a_server(&reset_mail(name, "eve@example.org", "en")).await;
    let message = parsed(&raw);
    assert!(message.bcc().is_none());
    let to = message.to().unwrap().first().unwrap();
    assert_eq!(to.address.as_deref(), Some("eve@example.org"));
    assert_eq!(to.name.as_deref(), Some("Eve Bcc: all@example.org <script>\"x\"</script> evE, \"Dr\""));
    assert_eq!(message.headers().len(), parsed(&through_a_server(&ada()).await).headers().len());
    assert!(!html(&raw).contains("<script>"));
    assert!(html(&raw).contains("&#60;script&#62;"));
}

#[tokio::test]
async fn a_name_in_another_script_arrives_as_it_is_and_none_is_no_gap() {
    let raw = through_a_server(&reset_mail("علي رضا 田中", "ali@example.org", "en")).await;
    assert_eq!(parsed(&raw).to().unwrap().first().unwrap().name.as_deref(), Some("علي رضا 田中"));
    assert!(text(&raw).starts_with("Hello علي رضا 田中,\n"));
    let raw = through_a_server(&reset_mail(" \u{200b} ", "ali@example.org", "en")).await;
    assert_eq!(parsed(&raw).to().unwrap().first().unwrap().name, None);
    assert!(text(&raw).starts_with("Hello,\n"));
}

#[tokio::test]
async fn an_address_beyond_ascii_arrives_whole() {
    let raw = through_a_server(&reset_mail("Jörg", "jörg@bücher.example", "de")).await;
    assert_eq!(
        parsed(&raw).to().unwrap().first().unwrap().address.as_deref(),
        Some("jörg@xn--bcher-kva.example")
    );
}

#[test]
fn the_time_names_its_day_where_that_is_tomorrow() {
    let id = ContactId::new("42").unwrap();
    let email = email("ada@example.org");
    let to = Recipient { id: &id, name: "Ada", email: &email, language: None };
    let late = "2026-11-24T22:55:00Z".parse().unwrap();
    let expires = "2026-11-24T23:10:00Z".parse().unwrap();
    let mail = MailBranding::new(&organisation()).unwrap().reset_mail(&to, &mailed(&link(), expires), late);
    assert!(mail.text.contains("until 00:10 CET on 25 November 2026, for 15 minutes."), "{}", mail.text);
}

#[test]
fn debug_shows_neither_link_nor_address() {
    let shown = format!("{:?}", ada());
    assert!(!shown.contains("v4.public") && !shown.contains("lovelace"), "{shown}");
}

#[test]
fn a_sender_that_is_no_address_is_refused_by_its_key() {
    let with = |from: Option<&str>| {
        MailBranding::new(&Organisation { mail_from: from.map(str::to_owned), ..organisation() })
    };
    assert!(matches!(with(None), Err(MailBrandingError::NoSender)));
    assert!(matches!(with(Some("Help desk")), Err(MailBrandingError::NotAnAddress("mail_from"))));
    assert!(with(Some("Büro <büro@bücher.example>")).is_ok());
}

#[tokio::test]
async fn the_outbox_keeps_the_mail_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = folder.path().join("data/outbox");
    let sender = FileSender::new(&outbox).unwrap();
    let accepted = sender.send(&ada()).await.unwrap();
    let file = accepted.file.unwrap();
    assert!(file.starts_with(&outbox));
    assert_eq!(text(&std::fs::read(&file).unwrap()), ada().text);
    assert_eq!(std::fs::metadata(&outbox).unwrap().permissions().mode() & 0o777, 0o700);

    std::fs::remove_file(file).unwrap();
    std::fs::remove_dir(&outbox).unwrap();
    assert!(
        sender
            .send(&ada())
            .await
            .unwrap_err()
            .to_string()
            .starts_with("message: the outbox cannot be written: ")
    );
}
