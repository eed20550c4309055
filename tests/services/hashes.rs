//! Hashes that reset-link writes, verified by the applications' own code.

use std::process::{Command, Stdio};

use config::{HashScheme, HashSettings, Secret};
use contacts::hash::{HashError, PasswordHasher, StoredPassword};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::place::service;

/// Letters of more than one byte, compatibility characters, quotes and a backslash; space at both ends; as much as bcrypt takes.
const PASSWORDS: [&str; 3] = [
    "Grüß ﬁ² 'quote\" back\\ x",
    " \u{2003}outer space \u{a0} ",
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
];

/// One byte more than bcrypt takes.
const TOO_LONG: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789a";

fn hasher(scheme: HashScheme, pepper: Option<&str>) -> PasswordHasher {
    PasswordHasher::new(&HashSettings {
        scheme,
        is_said_out_loud: false,
        cost: None,
        iterations: None,
        memory_kib: None,
        passes: None,
        lanes: None,
        pepper: pepper.map(Secret::new),
    })
    .unwrap()
}

async fn hashed(scheme: HashScheme, password: &str) -> Result<StoredPassword, HashError> {
    hasher(scheme, None).hash(Zeroizing::new(password.to_owned())).await
}

/// What a program answers to this.
fn answer(mut program: Command, input: &Value) -> Vec<bool> {
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    serde_json::to_writer(child.stdin.take().unwrap(), input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program:?} failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn script(program: &str, name: &str) -> Command {
    let mut command = Command::new(program);
    command.arg(format!("{}/services/hashes/{name}", env!("CARGO_MANIFEST_DIR")));
    command
}

fn python() -> Command {
    script(&service("PYTHON"), "verify.py")
}

/// Each password is taken, and one that differs in a letter is refused.
async fn takes_what_is_written(program: Command, schemes: &[HashScheme]) {
    let (mut cases, mut expected) = (Vec::new(), Vec::new());
    for scheme in schemes {
        let wrong = PASSWORDS[0].replace('x', "y");
        for password in PASSWORDS {
            let stored = hashed(*scheme, password).await.unwrap();
            let case =
                |typed: &str| json!([scheme.name(), typed, *stored.password, stored.salt, stored.algorithm]);
            cases.push(case(password));
            expected.push(true);
            if password == PASSWORDS[0] {
                cases.push(case(&wrong));
                expected.push(false);
            }
        }
    }
    let answers = answer(program, &Value::Array(cases.clone()));
    assert_eq!(answers.len(), cases.len());
    for ((case, answer), expected) in cases.iter().zip(answers).zip(expected) {
        assert_eq!(answer, expected, "{case}");
    }
}

#[tokio::test]
#[ignore = "needs Django (tests/with-services)"]
async fn django_takes_each_of_its_four_hashes_and_would_not_hash_anew() {
    use HashScheme::{DjangoArgon2, DjangoBcryptSha256, DjangoPbkdf2Sha256, DjangoScrypt};
    takes_what_is_written(python(), &[DjangoPbkdf2Sha256, DjangoArgon2, DjangoBcryptSha256, DjangoScrypt])
        .await;
}

#[tokio::test]
#[ignore = "needs Python's argon2-cffi and bcrypt (tests/with-services)"]
async fn python_takes_argon2id_bcrypt_identity_discourse_and_gitea() {
    use HashScheme::{Argon2id, AspNetIdentityV3, Bcrypt2a, Bcrypt2b, Discourse, Gitea};
    let schemes = [Argon2id, Bcrypt2a, Bcrypt2b, AspNetIdentityV3, Discourse, Gitea];
    takes_what_is_written(python(), &schemes).await;
}

#[tokio::test]
#[ignore = "needs PHP and WordPress (tests/with-services)"]
async fn php_takes_laravels_and_wordpress_hashes() {
    use HashScheme::{Argon2id, Bcrypt2y, WordPress, WordPressBcrypt};
    takes_what_is_written(script("php", "verify.php"), &[Argon2id, Bcrypt2y, WordPress, WordPressBcrypt])
        .await;
}

#[tokio::test]
#[ignore = "needs PHP (tests/with-services)"]
async fn what_php_would_refuse_or_cut_is_refused_before() {
    assert_eq!(answer(script("php", "verify.php"), &json!([["nul", "", ""]])), [false]);
    assert!(matches!(hashed(HashScheme::Bcrypt2y, "a\0b").await, Err(HashError::HoldsNul)));
    // PHP reads 72 bytes of it, so that a shorter password would be as good.
    let longest = hashed(HashScheme::Bcrypt2y, PASSWORDS[2]).await.unwrap();
    let cut = json!([["bcrypt-2y", TOO_LONG, *longest.password]]);
    assert_eq!(answer(script("php", "verify.php"), &cut), [true]);
    let refused = hashed(HashScheme::Bcrypt2y, TOO_LONG).await;
    assert!(matches!(refused, Err(HashError::TooLong { max_bytes: 72 })));
}

#[tokio::test]
#[ignore = "needs Dovecot (tests/with-services)"]
async fn dovecot_takes_each_of_its_four_hashes() {
    use HashScheme::{DovecotArgon2id, DovecotBlfCrypt, DovecotSha512Crypt, Ssha512};
    for scheme in [DovecotArgon2id, DovecotBlfCrypt, Ssha512, DovecotSha512Crypt] {
        for password in PASSWORDS {
            let stored = hashed(scheme, password).await.unwrap();
            for (typed, is_right) in [(password, true), ("another one", false)] {
                let test = Command::new("doveadm")
                    .args(["-c", "/dev/null", "pw", "-t", &stored.password, "-p", typed])
                    .output()
                    .unwrap();
                assert_eq!(test.status.success(), is_right, "{scheme:?} {typed}: {test:?}");
            }
        }
    }
}

/// Perl hands both to crypt(3) of the system.
#[tokio::test]
#[ignore = "needs crypt(3) with SHA-512 and Perl (tests/with-services)"]
async fn crypt_takes_what_is_written_and_as_long_a_password_as_is_told() {
    let longest = "x".repeat(hasher(HashScheme::Sha512Crypt, None).max_password_bytes().unwrap());
    let crypt = |password: &str, stored: &str| {
        let program = "my $hash = crypt($ARGV[0], $ARGV[1]); print $hash eq $ARGV[1] ? 'yes' : 'no'";
        let output = Command::new("perl").args(["-e", program, password, stored]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    for password in PASSWORDS.into_iter().chain([longest.as_str()]) {
        let stored = hashed(HashScheme::Sha512Crypt, password).await.unwrap();
        assert_eq!(crypt(password, &stored.password), "yes", "{password}");
        assert_eq!(crypt("another one", &stored.password), "no", "{password}");
        // It refuses one byte more than is told, whatever the hash.
        assert_eq!(crypt(&format!("{longest}x"), &stored.password), "no");
    }
    let longer = hashed(HashScheme::Sha512Crypt, &format!("{longest}x")).await;
    assert!(matches!(longer, Err(HashError::TooLong { max_bytes: 511 })));
}

#[tokio::test]
#[ignore = "needs Devise (tests/with-services)"]
async fn devise_takes_what_is_written_with_a_pepper_of_any_length() {
    let proposed = "0123456789abcdef".repeat(8);
    let mut cases = Vec::new();
    for pepper in [None, Some("a pepper"), Some(proposed.as_str())] {
        for password in PASSWORDS {
            let hasher = hasher(HashScheme::Bcrypt2a, pepper);
            let stored = hasher.hash(Zeroizing::new(password.to_owned())).await.unwrap();
            for typed in [password, "another one"] {
                cases.push(json!([pepper, typed, *stored.password]));
            }
        }
    }
    let answers = answer(script("ruby", "verify.rb"), &Value::Array(cases.clone()));
    assert_eq!(answers.len(), cases.len());
    for (pair, answers) in cases.chunks(2).zip(answers.chunks(2)) {
        assert_eq!(answers, [true, false], "{}", pair[0]);
    }
}
