use super::*;

#[tokio::test]
async fn bcrypt_alone_takes_72_bytes_and_never_cuts_a_password() {
    for scheme in [
        HashScheme::Bcrypt2a,
        HashScheme::Bcrypt2b,
        HashScheme::Bcrypt2y,
        HashScheme::DovecotBlfCrypt,
        HashScheme::WordPressBcrypt,
    ] {
        let hasher = hasher(&cheap(scheme));
        // WordPress needs room for backslashes.
        let told = if scheme == HashScheme::WordPressBcrypt { 64 } else { 72 };
        assert_eq!(hasher.max_password_bytes(), Some(told), "{scheme:?}");
        let longest = "ü".repeat(36);
        let stored = hasher.hash(password(&longest)).await.unwrap();
        assert!(hasher.verify(password(&longest), stored.clone()).await.unwrap(), "{scheme:?}");
        assert!(!hasher.verify(password(&"ü".repeat(35)), stored).await.unwrap(), "{scheme:?}");
        let longer = hasher.hash(password(&format!("{longest}x"))).await;
        assert!(matches!(longer, Err(HashError::TooLong { max_bytes: 72 })), "{scheme:?}");
    }
}

#[tokio::test]
async fn a_pre_hash_takes_more_than_bcrypt_alone() {
    for (scheme, limit) in [(HashScheme::DjangoBcryptSha256, None), (HashScheme::WordPress, Some(2_048))] {
        let hasher = hasher(&cheap(scheme));
        assert_eq!(hasher.max_password_bytes(), limit);
        let stored = hasher.hash(password(&"'".repeat(1_024))).await.unwrap();
        assert!(hasher.verify(password(&"'".repeat(1_024)), stored.clone()).await.unwrap());
        assert!(!hasher.verify(password(&"'".repeat(1_023)), stored).await.unwrap());
    }
}

/// A slash before each quote is counted: WordPress gives bcrypt the longer text, which would end unread.
#[tokio::test]
async fn slashes_count_against_bcrypts_limit() {
    let hasher = hasher(&cheap(HashScheme::WordPressBcrypt));
    let longest = format!("{}{}", "'".repeat(8), "x".repeat(56));
    assert_eq!(Some(longest.len()), hasher.max_password_bytes());
    assert!(hasher.hash(password(&longest)).await.is_ok());
    assert!(hasher.hash(password(&"'".repeat(36))).await.is_ok());
    let longer = hasher.hash(password(&"'".repeat(37))).await;
    assert!(matches!(longer, Err(HashError::TooLong { max_bytes: 72 })));
}

#[tokio::test]
async fn the_longest_password_that_is_told_can_be_hashed_and_a_longer_one_cannot() {
    for scheme in every_scheme() {
        let hasher = hasher(&cheap(scheme));
        let Some(limit) = hasher.max_password_bytes() else { continue };
        let longest = "x".repeat(limit);
        let stored = hasher.hash(password(&longest)).await.unwrap();
        assert!(hasher.verify(password(&longest), stored).await.unwrap(), "{scheme:?}");
        let more = "x".repeat(4_097.max(limit + 1));
        assert!(matches!(hasher.hash(password(&more)).await, Err(HashError::TooLong { .. })), "{scheme:?}");
    }
}

#[tokio::test]
async fn a_nul_is_refused_before_anything_is_hashed() {
    for scheme in every_scheme() {
        let hasher = hasher(&cheap(scheme));
        for with_nul in ["a\0b", "\0", "correct horse\0"] {
            assert!(
                matches!(hasher.hash(password(with_nul)).await, Err(HashError::HoldsNul)),
                "{scheme:?} {with_nul:?}"
            );
        }
        let stored = hasher.hash(password("correct horse")).await.unwrap();
        assert!(!hasher.verify(password("correct horse\0b"), stored).await.unwrap(), "{scheme:?}");
    }
}

#[test]
fn a_parameter_out_of_bounds_is_named_with_what_the_scheme_takes() {
    let told = |settings: &HashSettings| PasswordHasher::new(settings).err().map(|error| error.to_string());
    assert_eq!(
        told(&HashSettings { cost: Some(31), ..settings(HashScheme::Bcrypt2y) }).as_deref(),
        Some(
            "contacts.mapping.cost = 31: bcrypt-2y takes 4 to 18 (the logarithm of the rounds); set one of these, or leave it out for 12"
        )
    );
    assert_eq!(
        told(&HashSettings { iterations: Some(1), ..settings(HashScheme::DjangoPbkdf2Sha256) }).as_deref(),
        Some(
            "contacts.mapping.iterations = 1: django-pbkdf2-sha256 takes 1000 to 20000000 rounds; set one of these, or leave it out for 1000000"
        )
    );
    for (scheme, wrong) in [
        (HashScheme::DjangoScrypt, HashSettings { cost: Some(21), ..settings(HashScheme::DjangoScrypt) }),
        (HashScheme::Argon2id, HashSettings { memory_kib: Some(1), ..settings(HashScheme::Argon2id) }),
        (HashScheme::DjangoArgon2, HashSettings { lanes: Some(0), ..settings(HashScheme::DjangoArgon2) }),
        (
            HashScheme::DovecotArgon2id,
            HashSettings { passes: Some(0), ..settings(HashScheme::DovecotArgon2id) },
        ),
        (
            HashScheme::Sha512Crypt,
            HashSettings { iterations: Some(999), ..settings(HashScheme::Sha512Crypt) },
        ),
    ] {
        assert!(told(&wrong).is_some_and(|text| text.contains(scheme.name())), "{scheme:?}");
    }
    // What a scheme does not use is not looked at: a preset may have set it for another one.
    assert_eq!(told(&HashSettings { cost: Some(99), ..settings(HashScheme::Argon2id) }), None);
}

#[tokio::test]
async fn a_damaged_hash_is_neither_right_nor_wrong() {
    let hasher = hasher(&settings(HashScheme::Argon2id));
    for stored in [
        "",
        "secret",
        "{PLAIN}secret",
        "{SSHA512}c2hvcnQ=",
        "{SSHA512",
        "$2b$12$short",
        "$2b$31$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
        "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$6$rounds=999999999$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
        "$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$1DlF2xwe9Sy/G6lq+OqIdUsdCANWp3XjD8wz8ZYKmas",
        "pbkdf2_sha256$1000000$salt$",
        "pbkdf2_sha256$1$salt$z1PCf0iDQITpGhimgCF1FBLCeVZj8gYJXfhaOpWQtOY=",
        "pbkdf2_sha256$4294967295$salt$z1PCf0iDQITpGhimgCF1FBLCeVZj8gYJXfhaOpWQtOY=",
        "scrypt$1000$salt$8$5$0d/Zxf57YPw9Gzb+9ZqRl1Le9u37qfHoSHuB16xB6rE=",
        "scrypt$1073741824$salt$8$5$0d/Zxf57YPw9Gzb+9ZqRl1Le9u37qfHoSHuB16xB6rE=",
        "scrypt$2$salt$0$5$0d/Zxf57YPw9Gzb+9ZqRl1Le9u37qfHoSHuB16xB6rE=",
        "AQAAAAAAAAD6AAAAEAhftMyfTJylOlZT+eEotFXd1elee8ih5WsjXaR3PA9M",
        "AQAAAAIAAYagAAAA////",
        "!6Ol9gJ1uMdXaB9hpXbxJ7rGJrPvXz1GJdGmZlPzB",
        "$P$BdtHX7A2ioz/L.7oxrkM5UaRrExJaY/",
    ] {
        let checked = hasher.verify(password("secret"), stored.into()).await;
        assert!(matches!(checked, Err(HashError::UnknownHash)), "{stored}: {checked:?}");
    }
    // An empty key would fit every password.
    for (salt, algorithm) in [("", "$pbkdf2-sha256$i=600000,l=0$"), ("00", "pbkdf2$50000$0")] {
        let stored = StoredPassword {
            password: password(""),
            salt: Some(salt.to_owned()),
            algorithm: Some(algorithm.to_owned()),
        };
        let checked = hasher.verify(password("secret"), stored).await;
        assert!(matches!(checked, Err(HashError::UnknownHash)), "{algorithm}");
    }
}

#[tokio::test]
async fn nothing_that_is_shown_holds_a_password_or_its_hash() {
    let hasher = hasher(&cheap(HashScheme::Bcrypt2y));
    let stored = hasher.hash(password(PASSWORD)).await.unwrap();
    assert_eq!(format!("{stored:?}"), "StoredPassword(…)");
    let refused = hasher.hash(password(&"tremendous".repeat(8))).await.unwrap_err();
    assert!(!format!("{refused} {refused:?}").contains("tremendous"));
}
