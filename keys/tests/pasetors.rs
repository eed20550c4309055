//! Another implementation of PASETO opens our tokens, and we open its; and what a sloppy issuer might sign is refused although the signature is good.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use jiff::{SignedDuration, Timestamp};
use pasetors::keys::{AsymmetricPublicKey, AsymmetricSecretKey};
use pasetors::token::UntrustedToken as TheirToken;
use pasetors::version4::{PublicToken, V4};
use reset_link_keys::*;

const URL: &str = "https://reset.example.com";
const IMPLICIT: &str = "reset-link/v2 password-reset https://reset.example.com";

fn now() -> Timestamp {
    "2026-11-23T09:24:00.000Z".parse().unwrap()
}

fn secret() -> SecretKey {
    SecretKey::from_seed(&[42; 32])
}

fn their_secret() -> AsymmetricSecretKey<V4> {
    let paserk = secret().expose_paserk();
    AsymmetricSecretKey::try_from(paserk.as_str()).unwrap()
}

fn footer() -> String {
    format!(r#"{{"kid":"{}"}}"#, secret().public_key().id())
}

fn sign(payload: &str) -> String {
    PublicToken::sign(
        &their_secret(),
        payload.as_bytes(),
        Some(footer().as_bytes()),
        Some(IMPLICIT.as_bytes()),
    )
    .unwrap()
}

fn open(token: &str) -> Result<VerifiedLink, LinkError> {
    UntrustedToken::new(token).verify(&TrustedKeys::new([secret().public_key()]), URL, now())
}

const JTI: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const BND: &str = "BBBBBBBBBBBBBBBBBBBBBA";
const LED: &str = "CCCCCCCCCCCCCCCCCCCCCA";

fn payload(iat: &str, exp: &str) -> String {
    format!(r#"{{"sub":"ada","jti":"{JTI}","iat":"{iat}","exp":"{exp}","bnd":"{BND}","led":"{LED}"}}"#)
}

const IAT: &str = "2026-11-23T09:24:00.000Z";
const EXP: &str = "2026-11-23T09:39:00.000Z";

#[test]
fn they_open_what_we_mint() {
    let contact = ContactId::new("さくら").unwrap();
    let link_id = LinkId::from_random([3; 24]);
    let secret_of_both = BindingSecret::from_random(&[6; 32]);
    let new = NewLink {
        binding: Binding::new(&secret_of_both, link_id, &contact, &PasswordVersion::new("v"), None),
        contact,
        link_id,
        issued_at: now(),
        lifetime: SignedDuration::from_mins(15),
        ledger_epoch: LedgerEpoch::from_random([4; 16]),
    };
    let link = ResetLink::mint(&Keyring::new(secret(), []), URL, &new).unwrap();
    let token = link.expose().strip_prefix("https://reset.example.com/r/").unwrap();

    let public = AsymmetricPublicKey::<V4>::try_from(secret().public_key().to_paserk().as_str()).unwrap();
    let theirs = TheirToken::<pasetors::Public, V4>::try_from(token).unwrap();
    let trusted =
        PublicToken::verify(&public, &theirs, Some(footer().as_bytes()), Some(IMPLICIT.as_bytes())).unwrap();
    let said: serde_json::Value = serde_json::from_str(trusted.payload()).unwrap();
    assert_eq!(said["sub"], "さくら");
    assert_eq!(said["iat"], IAT);
    assert_eq!(said["exp"], EXP);
    assert_eq!(said["jti"].as_str().unwrap().len(), 32);
    assert_eq!(said["bnd"].as_str().unwrap().len(), 22);
    assert_eq!(said["led"], "BAQEBAQEBAQEBAQEBAQEBA");
    assert_eq!(said.as_object().unwrap().len(), 6);
}

#[test]
fn we_open_what_they_sign() {
    let link = open(&sign(&payload(IAT, EXP))).unwrap();
    assert_eq!(link.contact().as_str(), "ada");
    assert_eq!(link.link_id().to_string(), JTI);
    assert_eq!(link.ledger_epoch().to_string(), LED);
}

/// Mails that are out hold objections for a day: neither their form nor their purpose changes unnoticed.
#[test]
fn they_open_our_objections_and_we_open_theirs_and_no_others() {
    let implicit = "reset-link/v2 objection https://reset.example.com";
    let body = format!(r#"{{"sub":"ada","jti":"{JTI}","iat":"{IAT}","what":"change"}}"#);
    let sign = |body: &str, implicit: &str| {
        let (footer, implicit) = (footer(), implicit.as_bytes());
        PublicToken::sign(&their_secret(), body.as_bytes(), Some(footer.as_bytes()), Some(implicit)).unwrap()
    };
    let verify = |token: &str| {
        VerifiedObjection::verify(token, &TrustedKeys::new([secret().public_key()]), URL, now())
    };
    let objection = verify(&sign(&body, implicit)).unwrap();
    assert_eq!((objection.subject(), objection.at()), (ObjectionSubject::Change, now()));

    let new = NewObjection {
        contact: objection.contact().clone(),
        event: objection.event(),
        subject: objection.subject(),
        at: objection.at(),
    };
    let ours = ObjectionLink::sign(&Keyring::new(secret(), []), URL, &new);
    assert_eq!(ours.expose(), format!("https://reset.example.com/n/{}", sign(&body, implicit)));

    for other in ["reset-link/v2 revoke https://reset.example.com", IMPLICIT] {
        assert!(matches!(verify(&sign(&body, other)), Err(ObjectionError::Token(TokenError::Signature))));
    }
    for malformed in [
        body.replace("change", "both"),
        body.replace(r#","what":"change""#, ""),
        body.replace('}', r#","exp":"2026-11-23T09:39:00.000Z"}"#),
        body.replace(JTI, "AAAAAAAAAAAAAAAAAAAAAA"),
    ] {
        assert_eq!(verify(&sign(&malformed, implicit)).unwrap_err(), ObjectionError::Payload, "{malformed}");
    }
}

#[test]
fn a_link_of_version_1_is_known_and_opens_nothing() {
    let of_version_1 = |exp: &str, implicit: &str| {
        let jti = "AAAAAAAAAAAAAAAAAAAAAA";
        let body = format!(r#"{{"sub":"ada","jti":"{jti}","iat":"{IAT}","exp":"{exp}","bnd":"{BND}"}}"#);
        let (footer, implicit) = (footer(), implicit.as_bytes());
        PublicToken::sign(&their_secret(), body.as_bytes(), Some(footer.as_bytes()), Some(implicit)).unwrap()
    };
    let implicit = "reset-link/v1 password-reset https://reset.example.com";
    let error = open(&of_version_1(EXP, implicit)).unwrap_err();
    assert!(matches!(error, LinkError::OfVersion1(link) if link.contact.as_str() == "ada"));
    let error = open(&of_version_1(IAT, implicit)).unwrap_err();
    assert!(matches!(error, LinkError::Expired(link) if link.link_id.is_of_version_1()));
    for other in [
        "reset-link/v1 password-reset https://reset.example.net",
        "reset-link/v1 revoke https://reset.example.com",
    ] {
        assert_eq!(open(&of_version_1(EXP, other)).unwrap_err(), LinkError::Token(TokenError::Signature));
    }
}

#[test]
fn a_lifetime_over_an_hour_refuses_though_signed() {
    assert!(open(&sign(&payload(IAT, "2026-11-23T10:24:00.000Z"))).is_ok());
    assert_eq!(open(&sign(&payload(IAT, "2026-11-23T10:24:00.001Z"))).unwrap_err(), LinkError::Lifetime);
    assert_eq!(open(&sign(&payload(IAT, IAT))).unwrap_err(), LinkError::Lifetime);
}

#[test]
fn a_signed_payload_of_another_form_refuses() {
    for payload in [
        payload("2026-11-23T09:24:00Z", EXP),
        payload("2026-11-23T10:24:00.000+01:00", EXP),
        payload(IAT, EXP).replace("\"sub\"", "\"admin\":true,\"sub\""),
        payload(IAT, EXP).replace("\"sub\":\"ada\"", "\"sub\":\"ada\",\"sub\":\"ceo\""),
        payload(IAT, EXP).replace("\"sub\":\"ada\",", ""),
        payload(IAT, EXP).replace("ada", ""),
        payload(IAT, EXP).replace("ada", "a\\u0000da"),
        payload(IAT, EXP).replace(BND, "BBBBBBBBBBBBBBBBBBBBBB"),
        payload(IAT, EXP).replace(JTI, "AAAA"),
        // A name of version 1: 22 characters.
        payload(IAT, EXP).replace(JTI, "AAAAAAAAAAAAAAAAAAAAAA"),
        payload(IAT, EXP).replace(&format!(r#","led":"{LED}""#), ""),
        payload(IAT, EXP).replace(LED, "CCCC"),
        format!("{} ", payload(IAT, EXP)).replace("} ", "}{}"),
        "[]".to_owned(),
    ] {
        assert_eq!(open(&sign(&payload)).unwrap_err(), LinkError::Payload, "{payload}");
    }
}

#[test]
fn another_footer_or_purpose_refuses() {
    let body = payload(IAT, EXP);
    let sign = |footer: Option<&str>, implicit: Option<&str>| {
        PublicToken::sign(
            &their_secret(),
            body.as_bytes(),
            footer.map(str::as_bytes),
            implicit.map(str::as_bytes),
        )
        .unwrap()
    };
    assert_eq!(open(&sign(None, Some(IMPLICIT))).unwrap_err(), LinkError::Token(TokenError::UnknownKey));
    let spaced = footer().replace(':', ": ");
    assert_eq!(
        open(&sign(Some(&spaced), Some(IMPLICIT))).unwrap_err(),
        LinkError::Token(TokenError::UnknownKey)
    );
    assert_eq!(open(&sign(Some(&footer()), None)).unwrap_err(), LinkError::Token(TokenError::Signature));
}
