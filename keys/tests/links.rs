//! What a link is, held to by properties.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use reset_link_keys::*;

const URL: &str = "https://reset.example.com";

fn at(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(millisecond).unwrap()
}

fn now() -> Timestamp {
    "2026-11-23T09:24:00.250Z".parse().unwrap()
}

fn keyring() -> Keyring {
    Keyring::new(SecretKey::from_seed(&[42; 32]), [])
}

fn secret() -> BindingSecret {
    BindingSecret::from_random(&[6; 32])
}

fn new_link(contact: &str, lifetime: SignedDuration) -> NewLink {
    let contact = ContactId::new(contact).unwrap();
    let link_id = LinkId::from_random([9; 24]);
    let email = NormalisedEmail::new("ada@example.org");
    let binding = Binding::new(&secret(), link_id, &contact, &PasswordVersion::new("v1"), email.as_ref());
    let ledger_epoch = LedgerEpoch::from_random([8; 16]);
    NewLink { contact, link_id, issued_at: now(), lifetime, binding, ledger_epoch }
}

fn mint(lifetime: SignedDuration) -> ResetLink {
    ResetLink::mint(&keyring(), URL, &new_link("ada", lifetime)).unwrap()
}

fn verify(text: &str, now: Timestamp) -> Result<VerifiedLink, LinkError> {
    UntrustedToken::from_link(text, URL).verify(keyring().trusted(), URL, now)
}

const QUARTER: SignedDuration = SignedDuration::from_mins(15);

#[test]
fn a_link_says_what_was_signed() {
    let new = new_link("ada", QUARTER);
    let link = ResetLink::mint(&keyring(), URL, &new).unwrap();
    let verified = verify(link.expose(), now()).unwrap();
    assert_eq!(verified.contact(), &new.contact);
    assert_eq!(verified.link_id(), new.link_id);
    assert_eq!(verified.binding(), new.binding);
    assert_eq!(verified.ledger_epoch(), new.ledger_epoch);
    assert_eq!(verified.issued_at(), now());
    assert_eq!(verified.expires_at(), link.expires_at());
    assert_eq!(verified.key_id(), keyring().signing_key_id());
}

#[test]
fn a_link_is_good_until_exp_and_not_one_millisecond_after() {
    let link = mint(QUARTER);
    let end = now().as_millisecond() + 15 * 60 * 1000;
    assert!(verify(link.expose(), at(end - 1)).is_ok());
    assert!(
        matches!(verify(link.expose(), at(end)), Err(LinkError::Expired(expired)) if expired.contact.as_str() == "ada")
    );
}

#[test]
fn a_link_of_a_faster_clock_is_good_by_a_minute_and_no_more() {
    let link = mint(QUARTER);
    let issued = now().as_millisecond();
    assert!(verify(link.expose(), at(issued - 60_000)).is_ok());
    assert_eq!(verify(link.expose(), at(issued - 60_001)).unwrap_err(), LinkError::NotYetValid);
}

#[test]
fn no_link_lives_zero_or_over_an_hour() {
    for lifetime in [
        SignedDuration::ZERO,
        SignedDuration::from_millis(-1),
        SignedDuration::from_millis(3_600_001),
        SignedDuration::from_nanos(9),
    ] {
        assert_eq!(
            ResetLink::mint(&keyring(), URL, &new_link("ada", lifetime)).unwrap_err(),
            MintError::Lifetime
        );
    }
    assert!(ResetLink::mint(&keyring(), URL, &new_link("ada", SignedDuration::from_hours(1))).is_ok());
}

#[test]
fn the_longest_link_is_as_long_as_the_computation_says() {
    assert_eq!((MAX_TOKEN_CHARS, MAX_LINK_CHARS), (503, 566));
    let url = format!("https://{}", "x".repeat(MAX_PUBLIC_URL_CHARS - 8));
    for contact in ["\"".repeat(32), "x".repeat(64)] {
        let link = ResetLink::mint(&keyring(), &url, &new_link(&contact, QUARTER)).unwrap();
        assert_eq!(link.expose().len(), MAX_LINK_CHARS);
        let token = UntrustedToken::from_link(link.expose(), &url);
        assert_eq!(token.as_str().len(), MAX_TOKEN_CHARS);
        assert!(token.verify(keyring().trusted(), &url, now()).is_ok());
        assert_eq!(
            ResetLink::mint(&keyring(), &format!("{url}x"), &new_link(&contact, QUARTER)).unwrap_err(),
            MintError::TooLong
        );
    }
}

#[test]
fn a_token_that_is_longer_than_any_is_not_looked_at() {
    let longer = format!("v4.public.{}", "A".repeat(MAX_TOKEN_CHARS - 9));
    assert_eq!(
        UntrustedToken::new(&longer).verify(keyring().trusted(), URL, now()).unwrap_err(),
        LinkError::Token(TokenError::TooLong)
    );
}

#[test]
fn the_names_of_links_of_version_1_stay_readable() {
    for (text, is_old) in [("AAECAwQFBgcICQoLDA0ODw", true), ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", false)] {
        let id = LinkId::parse(text).unwrap();
        assert_eq!((id.to_string().as_str(), id.is_of_version_1()), (text, is_old));
        assert_eq!(id.as_bytes().len(), if is_old { 16 } else { 24 });
        assert_eq!(serde_json::from_str::<LinkId>(&serde_json::to_string(&id).unwrap()).unwrap(), id);
    }
    for text in ["", "AAECAwQFBgcICQoLDA0ODx", "AAECAwQFBgcICQoLDA0OD", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGA"]
    {
        assert!(LinkId::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_link_for_another_public_url_or_key_is_refused() {
    let link = mint(QUARTER);
    let token = UntrustedToken::from_link(link.expose(), URL);
    assert_eq!(
        token.verify(keyring().trusted(), "https://reset.example.net", now()).unwrap_err(),
        LinkError::Token(TokenError::Signature)
    );
    let stranger = TrustedKeys::new([SecretKey::from_seed(&[1; 32]).public_key()]);
    assert_eq!(token.verify(&stranger, URL, now()).unwrap_err(), LinkError::Token(TokenError::UnknownKey));
}

#[test]
fn a_link_is_the_same_however_it_was_passed_on() {
    let link = mint(QUARTER);
    let link = link.expose();
    let token = link.strip_prefix(URL).unwrap().strip_prefix("/r/").unwrap();
    for passed_on in [
        format!("<{link}>"),
        format!("({link})."),
        format!("\u{201c}{link}\u{201d},"),
        format!("\n {link}\r\n"),
        format!("{link}%3E"),
        format!("{link}/"),
        format!("{link}?utm_source=x#top"),
        link.replace('.', "%2E"),
        link.replace("/r/", "//r//"),
        link.replace(URL, &URL.to_uppercase()),
        format!("{token}."),
        format!(" {token}"),
    ] {
        assert_eq!(UntrustedToken::from_link(&passed_on, URL).as_str(), token, "{passed_on}");
        assert!(verify(&passed_on, now()).is_ok(), "{passed_on}");
    }
    let elsewhere = link.replace(URL, "https://elsewhere.example");
    let (most, last) = link.split_at(link.len() - 1);
    for other in
        [elsewhere, format!("{link}="), format!("{link})a"), format!("{most}.{last}"), most.to_owned()]
    {
        assert!(verify(&other, now()).is_err(), "{other}");
    }
}

#[test]
fn links_of_a_retired_key_are_good_while_it_is_trusted() {
    let old = mint(QUARTER);
    let rotated = Keyring::new(SecretKey::from_seed(&[43; 32]), [keyring().public_key()]);
    let new = ResetLink::mint(&rotated, URL, &new_link("ada", QUARTER)).unwrap();
    for link in [&old, &new] {
        assert!(UntrustedToken::from_link(link.expose(), URL).verify(rotated.trusted(), URL, now()).is_ok());
    }
    assert!(UntrustedToken::from_link(new.expose(), URL).verify(keyring().trusted(), URL, now()).is_err());
}

#[test]
fn a_revocation_passes_for_nothing_else() {
    let revocation = Revocation::Contact { contact: ContactId::new("ada").unwrap(), issued_up_to: now() };
    let signed = SignedRevocation::sign(&keyring(), URL, &revocation);
    assert_eq!(signed.verify(keyring().trusted(), URL).unwrap(), revocation);
    assert_eq!(verify(signed.as_str(), now()).unwrap_err(), LinkError::Token(TokenError::Signature));
    let link = mint(QUARTER);
    let token = link.expose().strip_prefix(URL).unwrap().strip_prefix("/r/").unwrap();
    assert!(SignedRevocation::from_wire(token).verify(keyring().trusted(), URL).is_err());
}

#[test]
fn nothing_secret_shows_in_debug_output() {
    let secret = SecretKey::from_seed(&[42; 32]);
    let link = mint(QUARTER);
    let shown = format!(
        "{secret:?} {:?} {link:?} {:?} {:?}",
        keyring(),
        verify(link.expose(), now()),
        UntrustedToken::new(link.expose())
    );
    assert!(!shown.contains("v4.public"), "{shown}");
    assert!(!shown.contains(secret.expose_paserk().strip_prefix("k4.secret.").unwrap()));
}

#[test]
fn a_binding_changes_with_each_of_its_pieces() {
    let binding = |link: u8, contact: &str, version: &str, email: &str| {
        let contact = ContactId::new(contact).unwrap();
        Binding::new(
            &secret(),
            LinkId::from_random([link; 24]),
            &contact,
            &PasswordVersion::new(version),
            NormalisedEmail::new(email).as_ref(),
        )
    };
    let base = binding(1, "ada", "v1", "ada@example.org");
    assert_eq!(base, binding(1, "ada", "v1", " ADA@Example.ORG "));
    for other in [
        binding(2, "ada", "v1", "ada@example.org"),
        binding(1, "adav", "1", "ada@example.org"),
        binding(1, "ada", "v2", "ada@example.org"),
        binding(1, "ada", "v1", "ada@example.net"),
        binding(1, "ada", "v1", ""),
    ] {
        assert_ne!(base, other);
    }
}

#[test]
fn a_binding_cannot_be_tried_out_without_the_secret() {
    let (link_id, contact) = (LinkId::from_random([1; 24]), ContactId::new("ada").unwrap());
    let (version, email) = (PasswordVersion::new(""), NormalisedEmail::new("ada@example.org"));
    let under = |secret: &BindingSecret| {
        Binding::new(secret, link_id, &contact, &version, email.as_ref()).to_string()
    };
    assert_eq!(under(&secret()), under(&secret()));
    assert_ne!(under(&secret()), under(&BindingSecret::from_random(&[7; 32])));
    // By hand, from Python's hmac: HMAC-SHA256 over the pieces, each behind its length as 8 bytes, little-endian.
    assert_eq!(under(&secret()), "0F0wKgmFnF27MBsnczSgag");
}

#[test]
fn two_who_hold_one_secret_answer_a_challenge_alike() {
    let other = BindingSecret::from_random(&[7; 32]);
    assert_eq!(secret().answer(&[1; 32]), secret().answer(&[1; 32]));
    assert_ne!(secret().answer(&[1; 32]), secret().answer(&[2; 32]));
    assert_ne!(secret().answer(&[1; 32]), other.answer(&[1; 32]));
    let read = BindingSecret::from_text(&secret().expose_text()).unwrap();
    assert_eq!(read.answer(&[1; 32]), secret().answer(&[1; 32]));
    assert_eq!(format!("{:?}", secret()), "BindingSecret(…)");
    for text in ["", "reset-link-binding.", "reset-link-binding.AAAA", "k4.secret.AAAA"] {
        assert!(BindingSecret::from_text(text).is_err(), "{text}");
    }
}

#[test]
fn e_mails_are_compared_in_one_form() {
    let normalised = |text: &str| NormalisedEmail::new(text).map(|email| email.expose().to_owned());
    assert_eq!(normalised(" Ada@EXAMPLE.org\n").as_deref(), Some("ada@example.org"));
    assert_eq!(normalised("x@BÜCHER.example").as_deref(), Some("x@xn--bcher-kva.example"));
    assert_eq!(normalised("E\u{301}va@example.org"), normalised("\u{c9}va@example.org"));
    for text in [
        "",
        "n/a",
        "-",
        "none",
        "a@",
        "@b.org",
        "a b@c.org",
        "a@b@c.org",
        "a@b..org",
        "a@-b.org",
        "a\r\nb@c.org",
        "<a@b.org>",
        "a@b_c.org",
        "a[b@c.org",
        "a\"b@c.org",
        ".a@c.org",
        "a..b@c.org",
        // What nobody sees, in either part: zero-width space, byte order mark, soft hyphen, a turn of the direction.
        "a\u{200b}da@example.org",
        "\u{feff}ada@example.org",
        "ada\u{ad}@example.org",
        "ada@exam\u{ad}ple.org",
        "ada@example.org\u{202e}",
    ] {
        assert_eq!(normalised(text), None, "{text:?}");
    }
    assert_eq!(normalised(&format!("{}@example.org", "a".repeat(64))).map(|email| email.len()), Some(76));
    assert_eq!(normalised(&format!("{}@example.org", "a".repeat(65))), None);
    assert_eq!(NormalisedEmail::new("ada@example.org").unwrap().masked(), "a…@example.org");
}

#[test]
fn an_address_is_sent_to_as_the_directory_holds_it() {
    let sent = |text: &str| EmailAddress::new(text).map(|address| address.expose().to_owned());
    assert_eq!(sent(" Ada.Lovelace@Example.ORG ").as_deref(), Some("Ada.Lovelace@example.org"));
    // A local part is nobody's to normalise but its server's.
    assert_eq!(sent("E\u{301}va@B\u{fc}cher.example").as_deref(), Some("E\u{301}va@xn--bcher-kva.example"));
    let address = EmailAddress::new("Ada.Lovelace@Example.ORG").unwrap();
    assert_eq!(address.normalised().expose(), "ada.lovelace@example.org");
    assert_eq!(format!("{address:?}"), "a…@example.org");
}

proptest! {
    #[test]
    fn any_single_bit_flipped_refuses(position in 0usize..10_000, bit in 0u8..8) {
        let link = mint(QUARTER);
        let mut bytes = link.expose().strip_prefix(URL).unwrap().strip_prefix("/r/").unwrap().as_bytes().to_vec();
        let position = position % bytes.len();
        bytes[position] ^= 1 << bit;
        if let Ok(token) = String::from_utf8(bytes) {
            prop_assert!(UntrustedToken::new(&token).verify(keyring().trusted(), URL, now()).is_err());
        }
    }

    #[test]
    fn any_text_refuses_without_a_panic(text in "\\PC{0,800}") {
        prop_assert!(UntrustedToken::new(&text).verify(keyring().trusted(), URL, now()).is_err());
        let dressed = format!("v4.public.{text}");
        prop_assert!(UntrustedToken::new(&dressed).verify(keyring().trusted(), URL, now()).is_err());
        prop_assert!(PublicKey::from_paserk(&text).is_err());
        prop_assert!(SecretKey::from_paserk(&text).is_err());
    }

    #[test]
    fn what_we_mint_verifies_until_exp(contact in "[^\\p{C}\"\\\\]{1,16}", seconds in 1i64..=3600, later in 0i64..3_600_000) {
        let new = new_link(&contact, SignedDuration::from_secs(seconds));
        let link = ResetLink::mint(&keyring(), URL, &new).unwrap();
        let verified = verify(link.expose(), at(now().as_millisecond() + later));
        prop_assert_eq!(verified.is_ok(), later < seconds * 1000);
        prop_assert!(link.expose().len() <= MAX_LINK_CHARS);
    }

    #[test]
    fn a_contact_id_of_any_text_is_taken_or_refused(text in "\\PC{0,80}|.{0,40}") {
        if let Ok(id) = ContactId::new(text.clone()) {
            prop_assert_eq!(id.as_str(), text.as_str());
            prop_assert!(serde_json::to_string(&id).unwrap().len() <= MAX_CONTACT_ID_BYTES + 2);
        }
    }
}
