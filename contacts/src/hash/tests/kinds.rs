use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, SqlitePool};

use super::*;

/// What a database says of these texts: the first kind of which a pattern fits.
async fn told(texts: &[Option<&str>]) -> Vec<Option<String>> {
    let cases: Vec<String> = kinds()
        .iter()
        .flat_map(|kind| {
            kind.patterns.iter().map(|pattern| {
                format!("WHEN coalesce(?1, '') LIKE '{pattern}' ESCAPE '!' THEN '{}'", kind.name)
            })
        })
        .collect();
    let query = format!("SELECT CASE {} END", cases.join(" "));
    let database = SqlitePool::connect("sqlite::memory:").await.unwrap();
    let mut told = Vec::new();
    for text in texts {
        let kind =
            sqlx::query_scalar(AssertSqlSafe(query.as_str())).bind(*text).fetch_one(&database).await.unwrap();
        told.push(kind);
    }
    told
}

#[tokio::test]
async fn the_database_tells_the_scheme_of_what_is_written() {
    for scheme in every_scheme() {
        let hasher = hasher(&cheap(scheme));
        let stored = hasher.hash(password(PASSWORD)).await.unwrap();
        let kind = told(&[Some(&stored.password)]).await.pop().flatten().unwrap();
        let expected = match scheme {
            HashScheme::WordPressBcrypt => HashScheme::Bcrypt2y.name(),
            HashScheme::Discourse => "64-characters",
            HashScheme::Gitea => "100-characters",
            _ => scheme.name(),
        };
        assert_eq!(kind, expected);
        assert!(hasher.may_replace(Some(&kind)), "{scheme:?} replaces its own");
    }
}

#[tokio::test]
async fn what_a_table_may_hold_is_told() {
    let samples = [
        (None, "none"),
        (Some(""), "none"),
        (Some("!6Ol9gJ1uMdXaB9hpXbxJ7rGJrPvXz1GJdGmZlPzB"), "unusable"),
        (Some("!$6$locked"), "unusable"),
        (Some("*"), "unusable"),
        (Some("*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19"), "mysql-native"),
        (Some("md5$salt$5ebe2294ecd0e0f08eab7690d2a6ee69"), "django-old"),
        (Some("pbkdf2_sha1$260000$salt$kC0v"), "django-old"),
        (Some("pbkdf2_sha256$260000$salt$kC0v"), "django-pbkdf2-sha256"),
        (Some("$argon2i$v=19$m=512,t=2,p=2$c2FsdA$aGFzaA"), "argon2i"),
        (Some("$P$BdtHX7A2ioz/L.7oxrkM5UaRrExJaY/"), "phpass"),
        (Some("$H$9V1cX/WqUhsSWM0ipyB7HwFQqTQKxP1"), "phpass"),
        (Some("$S$DkdLZ8NoyjZJ8YpRzZ7RtuL4J9nlQHRu7BQ"), "drupal"),
        (Some("$1$salt$qJH7.N4xYta3aEG/dfqo/0"), "crypt-old"),
        (Some("$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7"), "yescrypt"),
        (Some("{SSHA}MTIzNDU2Nzg5MDEyMzQ1Njc4OTA="), "ssha"),
        (Some("{ssha512}MTIzNDU2Nzg5MDEyMzQ1Njc4OTA="), "ssha512"),
        (Some("{PLAIN}secret"), "plain-text"),
        (Some("{CRYPT}$6$salt$hash"), "dovecot-crypt"),
        (Some("{CRYPT}rl0uE5mXWY9rM"), "dovecot-old"),
        (Some("AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJg=="), "aspnet-identity-v2"),
        (Some("5ebe2294ecd0e0f08eab7690d2a6ee69"), "32-characters"),
        (Some("3|$argon2id$v=19$m=65536,t=4,p=1$c2FsdA$aGFzaA"), "nextcloud"),
    ];
    let texts: Vec<Option<&str>> = samples.iter().map(|(text, _)| *text).collect();
    for (kind, (text, expected)) in told(&texts).await.iter().zip(samples) {
        assert_eq!(kind.as_deref(), Some(expected), "{text:?}");
    }
    assert_eq!(told(&[Some("secret"), Some("rl0uE5mXWY9rM"), Some("{OTHER}x")]).await, [None, None, None]);
}

/// A kind is said to be verifiable exactly where its own texts are verified.
#[tokio::test]
async fn a_kind_is_verifiable_where_its_hashes_are_verified() {
    let hasher = hasher(&settings(HashScheme::Argon2id));
    for scheme in every_scheme() {
        let stored = self::hasher(&cheap(scheme)).hash(password(PASSWORD)).await.unwrap();
        let kind = told(&[Some(&stored.password)]).await.pop().flatten().unwrap();
        let from_text_alone = StoredPassword::from(stored.password);
        let is_verified = hasher.verify(password(PASSWORD), from_text_alone).await.is_ok();
        assert_eq!(crate::hash::kinds::kind(&kind).unwrap().is_verifiable, is_verified, "{scheme:?}");
    }
}

#[test]
fn every_kind_has_one_name_and_no_pattern_is_met_twice() {
    let names: BTreeSet<&str> = kinds().iter().map(|kind| kind.name).collect();
    assert_eq!(names.len(), kinds().len());
    let patterns: Vec<&str> = kinds().iter().flat_map(|kind| kind.patterns).copied().collect();
    assert_eq!(patterns.iter().collect::<BTreeSet<_>>().len(), patterns.len());
    // They stand in SQL between quotes.
    assert!(patterns.iter().all(|pattern| pattern.is_ascii() && !pattern.contains(['\'', '\\'])));
}

#[test]
fn what_the_application_may_not_take_beside_is_replaced_only_where_the_operator_says_so() {
    let laravel = hasher(&settings(HashScheme::Bcrypt2y));
    for kind in ["none", "unusable", "bcrypt-2y", "bcrypt-2a"] {
        assert!(laravel.may_replace(Some(kind)), "{kind}");
    }
    for kind in [
        "argon2id",
        "django-scrypt",
        "phpass",
        "drupal",
        "django-old",
        "plain-text",
        "64-characters",
        "mysql-native",
        "no such",
    ] {
        assert!(!laravel.may_replace(Some(kind)), "{kind}");
    }
    assert!(!laravel.may_replace(None));

    let said = HashSettings { is_said_out_loud: true, ..settings(HashScheme::Bcrypt2y) };
    let said = hasher(&said);
    assert!(said.may_replace(Some("phpass")) && said.may_replace(None));
}

/// The application tells each row by its form, and takes ours beside it.
#[test]
fn what_the_application_itself_tells_apart_is_replaced() {
    for (scheme, kind) in [
        (HashScheme::WordPress, "phpass"),
        (HashScheme::WordPressBcrypt, "phpass"),
        (HashScheme::DjangoPbkdf2Sha256, "django-old"),
        (HashScheme::AspNetIdentityV3, "aspnet-identity-v2"),
        (HashScheme::DovecotArgon2id, "plain-text"),
        (HashScheme::Ssha512, "ssha"),
    ] {
        assert!(hasher(&settings(scheme)).may_replace(Some(kind)), "{scheme:?} {kind}");
        assert!(!hasher(&settings(HashScheme::Argon2id)).may_replace(Some(kind)), "{kind}");
    }
}
