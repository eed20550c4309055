//! The published PASETO v4 and PASERK test vectors, read from `../shared/conformance` beside the project where they are.

use std::path::Path;

use ed25519_dalek::{SigningKey, VerifyingKey};
use serde_json::Value;

use crate::encoding::encode;
use crate::paserk;
use crate::paseto::{Parts, sign};

/// The vectors of one file; `None`, said aloud, where the folder is absent (in CI that is a failure).
fn vectors(file: &str) -> Option<Vec<Value>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/paseto");
    if !folder.is_dir() {
        assert!(
            std::env::var_os("CI").is_none(),
            "{} is absent, and CI must hold us to it",
            folder.display()
        );
        eprintln!("ignored: {} is absent", folder.display());
        return None;
    }
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    Some(value["tests"].as_array().unwrap().clone())
}

fn bytes(vector: &Value, field: &str) -> Vec<u8> {
    let text = vector[field].as_str().unwrap_or_default();
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().unwrap_or_default()
}

/// Opens a token as our own code does: footer compared, signature checked strictly.
fn open(token: &str, key: &VerifyingKey, footer: &str, implicit: &str) -> Option<Vec<u8>> {
    let parts = Parts::split(token).ok()?;
    if parts.footer != encode(footer.as_bytes()) {
        return None;
    }
    parts.verify(key, footer.as_bytes(), implicit.as_bytes()).ok()
}

#[test]
fn the_published_sign_vectors_come_out_byte_for_byte() {
    let Some(vectors) = vectors("v4.json") else { return };
    let mut seen = 0;
    for vector in vectors.iter().filter(|vector| text(vector, "name").starts_with("4-S-")) {
        let secret =
            SigningKey::from_keypair_bytes(&bytes(vector, "secret-key").try_into().unwrap()).unwrap();
        let (payload, footer, implicit) =
            (text(vector, "payload"), text(vector, "footer"), text(vector, "implicit-assertion"));
        let token = sign(&secret, payload.as_bytes(), footer.as_bytes(), implicit.as_bytes());
        assert_eq!(token, text(vector, "token"), "{}", text(vector, "name"));
        let opened = open(&token, &secret.verifying_key(), footer, implicit).unwrap();
        assert_eq!(opened, payload.as_bytes());
        assert_eq!(open(&token, &secret.verifying_key(), footer, "another assertion"), None);
        seen += 1;
    }
    assert_eq!(seen, 3);
}

#[test]
fn every_published_failing_vector_is_refused() {
    let Some(vectors) = vectors("v4.json") else { return };
    let own = SigningKey::from_bytes(&[7; 32]).verifying_key();
    let mut seen = 0;
    for vector in vectors.iter().filter(|vector| vector["expect-fail"] == true) {
        let key = match vector.get("public-key").and_then(Value::as_str) {
            Some(_) => VerifyingKey::from_bytes(&bytes(vector, "public-key").try_into().unwrap()).unwrap(),
            None => own,
        };
        let opened =
            open(text(vector, "token"), &key, text(vector, "footer"), text(vector, "implicit-assertion"));
        assert_eq!(opened, None, "{}", text(vector, "name"));
        seen += 1;
    }
    assert_eq!(seen, 5);
}

#[test]
fn the_published_paserk_vectors_hold() {
    let (Some(public), Some(ids), Some(secret)) =
        (vectors("k4.public.json"), vectors("k4.pid.json"), vectors("k4.secret.json"))
    else {
        return;
    };
    let mut seen = 0;
    for vector in &public {
        match (<[u8; 32]>::try_from(bytes(vector, "key")), vector["expect-fail"] == true) {
            (Ok(key), false) => {
                assert_eq!(paserk::encode_public(&key), text(vector, "paserk"));
                assert_eq!(paserk::decode_public(text(vector, "paserk")).unwrap(), key);
            }
            (Err(_), true) => assert!(
                paserk::decode_public(&format!("k4.public.{}", encode(&bytes(vector, "key")))).is_err()
            ),
            _ => panic!("{}", text(vector, "name")),
        }
        seen += 1;
    }
    for vector in &ids {
        match (<[u8; 32]>::try_from(bytes(vector, "key")), vector["expect-fail"] == true) {
            (Ok(key), false) => assert_eq!(paserk::public_id(&key), text(vector, "paserk")),
            (Err(_), true) => {}
            _ => panic!("{}", text(vector, "name")),
        }
        seen += 1;
    }
    for vector in &secret {
        match (<[u8; 64]>::try_from(bytes(vector, "key")), vector["expect-fail"] == true) {
            (Ok(key), false) => {
                assert_eq!(*paserk::encode_secret(&key), text(vector, "paserk"));
                assert_eq!(*paserk::decode_secret(text(vector, "paserk")).unwrap(), key);
            }
            (Err(_), true) => assert!(
                paserk::decode_secret(&format!("k4.secret.{}", encode(&bytes(vector, "key")))).is_err()
            ),
            (Ok(_), true) => assert!(
                paserk::decode_secret(&format!("k3.secret.{}", encode(&bytes(vector, "key")))).is_err()
            ),
            (Err(_), false) => panic!("{}", text(vector, "name")),
        }
        seen += 1;
    }
    assert_eq!(seen, public.len() + ids.len() + secret.len());
    assert!(seen >= 13);
}
