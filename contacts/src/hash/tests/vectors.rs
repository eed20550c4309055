//! Published vectors, and what applications' own code writes under a given salt.

use super::*;

/// Whether each text is the password behind its hash, and another one is not.
async fn verified(vectors: &[(&str, &str)]) {
    let hasher = hasher(&settings(HashScheme::Argon2id));
    for (text, stored) in vectors {
        let verified = hasher.verify(password(text), StoredPassword::from(*stored)).await;
        assert!(matches!(verified, Ok(true)), "{stored}: {verified:?}");
        let wrong = hasher.verify(password("another one"), StoredPassword::from(*stored)).await.unwrap();
        assert!(!wrong, "{stored}");
    }
}

#[tokio::test]
async fn crypts_of_openwall_and_of_its_author_are_verified() {
    verified(&[
        // crypt_blowfish 1.3, wrapper.c
        ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        (
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored",
            "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
        ),
        // Ulrich Drepper, Unix crypt using SHA-256 and SHA-512
        (
            "Hello world!",
            "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
        ),
        (
            "Hello world!",
            "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
        ),
        ("Hello world!", "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"),
    ])
    .await;
}

#[tokio::test]
async fn vectors_of_rfc_7914_are_verified() {
    verified(&[
        // Section 12: N = 16384, r = 8, p = 1, and N = 1024, r = 8, p = 16
        (
            "pleaseletmein",
            "scrypt$16384$SodiumChloride$8$1$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw==",
        ),
        (
            "password",
            "scrypt$1024$NaCl$8$16$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA==",
        ),
        // Section 11: PBKDF2-HMAC-SHA-256
        (
            "Password",
            "pbkdf2_sha256$80000$NaCl$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1ah1CWhIlgzVJrbhBtRybMXaicr3ruh0HhHj2Kzl/M8jQ==",
        ),
    ])
    .await;
}

/// aspnetcore, src/Identity/test/Identity.Test/PasswordHasherTest.cs
#[tokio::test]
async fn vectors_of_aspnet_identity_are_verified_and_written() {
    const WRITTEN: &str =
        "AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCwwNDg/Q8A0WMKbtHQJQ2DHCdoEeeFBrgNlldq6vH4qX/CGqGQ==";
    verified(&[
        ("my password", WRITTEN),
        (
            "my password",
            "AQAAAAIAACcQAAAAEAABAgMEBQYHCAkKCwwNDg9B0Oxwty+PGIDSp95gcCfzeDvA4sGapUIUov8usXfD6A==",
        ),
        (
            "my password",
            "AQAAAAEAA9CQAAAAIESkQuj2Du8Y+kbc5lcN/W/3NiAZFEm11P27nrSN5/tId+bR1SwV8CO1Jd72r4C08OLvplNlCDc3oQZ8efcW+jQ=",
        ),
    ])
    .await;
    let salt: Vec<u8> = (0..16).collect();
    let hasher = hasher(&settings(HashScheme::AspNetIdentityV3));
    assert_eq!(*hasher.recipe.hash("my password", &salt).unwrap().password, WRITTEN);
}

/// gitea, modules/auth/password/hash/hash_test.go
#[tokio::test]
async fn vectors_of_gitea_are_verified() {
    let hasher = hasher(&settings(HashScheme::Gitea));
    for (salt, algorithm, hash) in [
        (
            "01020304",
            "pbkdf2$320000$50",
            "84e233114499e8721da80e85568e5b7b5900b3e49a30845fcda9d1e1756da4547d70f8740ac2b4a5d82f88cebcd27f21bfe2",
        ),
        (
            "aaaaaaaaaa",
            "pbkdf2$10000$50",
            "ab48d5471b7e6ed42d10001db88c852ff7303c788e49da5c3c7b63d5adf96360303724b74b679223a3dea8a242d10abb1913",
        ),
    ] {
        let stored = StoredPassword {
            password: password(hash),
            salt: Some(salt.to_owned()),
            algorithm: Some(algorithm.to_owned()),
        };
        assert!(hasher.verify(password("abcdef"), stored.clone()).await.unwrap(), "{algorithm}");
        assert!(!hasher.verify(password("abcdeg"), stored).await.unwrap(), "{algorithm}");
    }
}

#[test]
fn what_is_written_under_a_salt_is_what_the_applications_own_code_writes() {
    let zeros = [0_u8; 16];
    let letters = b"0123456789abcdefghijkl";
    for (scheme, salt, expected) in [
        // Django 5.2.19: make_password(PASSWORD, salt, hasher)
        (
            HashScheme::DjangoPbkdf2Sha256,
            &letters[..],
            "pbkdf2_sha256$1000000$0123456789abcdefghijkl$z1PCf0iDQITpGhimgCF1FBLCeVZj8gYJXfhaOpWQtOY=",
        ),
        (
            HashScheme::DjangoArgon2,
            letters,
            "argon2$argon2id$v=19$m=102400,t=2,p=8$MDEyMzQ1Njc4OWFiY2RlZmdoaWprbA$gO91p30r3f28tT+Srys8kKZw3AbJIlG9CJvpA2YwSsg",
        ),
        (
            HashScheme::DjangoScrypt,
            letters,
            "scrypt$16384$0123456789abcdefghijkl$8$5$0d/Zxf57YPw9Gzb+9ZqRl1Le9u37qfHoSHuB16xB6rGzM8KsOB2vSBqoqoAJjQaEcUabVA6JHZQ1Bstck4FN8Q==",
        ),
        (
            HashScheme::DjangoBcryptSha256,
            &zeros,
            "bcrypt_sha256$$2b$12$......................zhPRnDdQ6WAlMiMm4YvuWFv870pBXAm",
        ),
        // bcrypt 5.0.0: bcrypt.hashpw(PASSWORD.encode(), b"$2b$12$" + 22 * b".")
        (HashScheme::Bcrypt2b, &zeros, "$2b$12$......................pyEgLtusxJt147kdBL595xvOqIzRj6C"),
        // glibc and libxcrypt 4.4.33: crypt.crypt(PASSWORD, "$6$rounds=100000$" + 16 * ".")
        (
            HashScheme::Sha512Crypt,
            &zeros[..12],
            "$6$rounds=100000$................$1XDHfZ60NHwoI8Ziv7b5payWewWrYI9COOrrHdSLfxRjrtMfwfjakG9C36cUF2vItzi8yMnrk.zGu6v3deh3s1",
        ),
        // hashlib: sha512(PASSWORD.encode() + bytes(8)).digest() + bytes(8), in base64
        (
            HashScheme::Ssha512,
            &zeros[..8],
            "{SSHA512}u6fHfPb7dz9rvwXhnqzv3B4I8NRtZwqfCbf6qpnWcyOu9QqdGxUxumfKObYELwfgjySnp3SHT8EX6b9RuKJvjAAAAAAAAAAA",
        ),
        // argon2-cffi 25.1.0: argon2.low_level.hash_secret(PASSWORD.encode(), bytes(16), passes, memory, lanes, 32, Type.ID)
        (
            HashScheme::Argon2id,
            &zeros,
            "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$1DlF2xwe9Sy/G6lq+OqIdUsdCANWp3XjD8wz8ZYKmas",
        ),
        (
            HashScheme::DovecotArgon2id,
            &zeros,
            "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$ZSM8Ei+U8fPA+4WGU4TouYZoOLUq3fmLHvD2Q6nHiIM",
        ),
        // PHP 8.2: $p = trim(addslashes(PASSWORD)); '$wp' . crypt(base64_encode(hash_hmac('sha384', $p, 'wp-sha384', true)), '$2y$12$' . str_repeat('.', 22))
        (HashScheme::WordPress, &zeros, "$wp$2y$12$......................1dQYMH3mHR6WS4zwVCaFI2okBwR56Ly"),
        // PHP 8.2: crypt($p, '$2y$12$' . str_repeat('.', 22))
        (HashScheme::WordPressBcrypt, &zeros, "$2y$12$......................fHKdU4mZPPHI27lnGqHHkdy8xZ8lQgG"),
    ] {
        let hasher = hasher(&settings(scheme));
        assert_eq!(*hasher.recipe.hash(PASSWORD, salt).unwrap().password, expected, "{scheme:?}");
        assert_eq!(hasher.longest_stored(), expected.len(), "{scheme:?}");
    }
}

#[test]
fn discourse_and_gitea_keep_salt_and_algorithm_in_columns_of_their_own() {
    let salt: Vec<u8> = (0..16).collect();
    let discourse = hasher(&settings(HashScheme::Discourse)).recipe.hash(PASSWORD, &salt).unwrap();
    // hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), b"000102030405060708090a0b0c0d0e0f", 600000, 32).hex()
    assert_eq!(*discourse.password, "2321dc30d3fa3c9de88c5ae68fadd2ac69d7d824843d5bafa2df0510d423c492");
    assert_eq!(discourse.salt.as_deref(), Some("000102030405060708090a0b0c0d0e0f"));
    assert_eq!(discourse.algorithm.as_deref(), Some("$pbkdf2-sha256$i=600000,l=32$"));

    let gitea = hasher(&settings(HashScheme::Gitea)).recipe.hash(PASSWORD, &salt).unwrap();
    // hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), bytes(range(16)), 50000, 50).hex()
    assert_eq!(
        *gitea.password,
        "0a317653df260ac66c8c0420bba0712b08e50b3f3fb098a6d7dc92b8a45c55952a5878188cf8a075f162bacf2bd8e661b905"
    );
    assert_eq!(gitea.salt.as_deref(), Some("000102030405060708090a0b0c0d0e0f"));
    assert_eq!(gitea.algorithm.as_deref(), Some("pbkdf2$50000$50"));
}
