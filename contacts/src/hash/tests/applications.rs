//! Hashes that the applications themselves have made, of [`PASSWORD`] where nothing else is said.

use super::*;

/// Made by `django.contrib.auth.hashers.make_password` of Django 5.2.19.
const DJANGO: [&str; 4] = [
    "pbkdf2_sha256$1000000$Vsc15CwLqGfKnevI7ALLwT$93E7GykKoSI5Z7QwIqFHyAyFCPusvjm5WPby1NUo9qo=",
    "argon2$argon2id$v=19$m=102400,t=2,p=8$VnNFVXZCYTVhRThtWTI3MWRuWHNPMQ$v5Xm/j42tJ6lq4pYdVv3xbF24qPwOWbqC/8KLM4gEAE",
    "bcrypt_sha256$$2b$12$sSumvtS26fqUnvyDTuiN0ubrX83RQFBJy.MlL1/xn6v66aRUjrI9a",
    "scrypt$16384$MYAu1r9pT6b7c3YbG3jgM7$8$5$ET37Lg4HYgNlgHRVahDVbQEgeZY26M67mlkVs0WxNpk9bVlSMibUcs78zvE5gk7VSxwBUn9nufuyMfY/NYCrfA==",
];

/// Made by `password_hash($p, PASSWORD_BCRYPT, ['cost' => 12])` and `password_hash($p, PASSWORD_ARGON2ID)` of PHP 8.2.
const PHP: [&str; 2] = [
    "$2y$12$bd/x8wxX2EhWL81oghTbwOYe6KJOtJeSjSRba3WY/8rACOuYCwjIu",
    "$argon2id$v=19$m=65536,t=4,p=1$bzA3Uy9pNm9idEZJL3o4Qw$LL35J8+UChI9uDd4o1khBWqzVzw1RkW+cDDMvWeQ6Ns",
];

/// Made by `crypt.crypt(p, crypt.mksalt(METHOD_SHA512))`, `…(METHOD_SHA256, rounds=10000)`, `argon2.PasswordHasher().hash(p)` of argon2-cffi 25.1.0
/// and `bcrypt.hashpw(p.encode(), bcrypt.gensalt(4))` of bcrypt 5.0.0, in Python 3.11.
const PYTHON: [&str; 4] = [
    "$6$tUriHYQgWqfkr4UB$Wijke4XnDAFkUn18Q0FnhaoSbCG0A0CAkfZjnO6K6ftf9sFaVSm165m98pong934fysbn2yhsyF63rJPP83T2/",
    "$5$rounds=10000$K9f09.XtSfDPq9LK$ht5JgYJpDkQWvnKTc68CbIaNX9S9Q8ChC3WJXz3rwe1",
    "$argon2id$v=19$m=65536,t=3,p=4$z5bVsfYeusTSiCelfWjEGA$jluMY6wAqKJeykjGkYnJrvUoioOssBiK0702Yi0r9L4",
    "$2b$04$/UiEuFUsb8DSyVj8ga3sZ.r.9xfIK6ipwd7rn6y39pl2XVGbkgtly",
];

/// Made by `doveadm -c /dev/null pw -s SCHEME -p PASSWORD` of Dovecot 2.3.19.
const DOVECOT: [&str; 8] = [
    "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$s5FVP3KEE7GtiXsa4OZxZA$tqdt8osQKAe2Aj1ytwvM4WzjAF13vO4tYLOKRSLF8LU",
    "{ARGON2I}$argon2i$v=19$m=32768,t=4,p=1$snLFybUiJXguWviZbsQTmg$hECiZRbczjRQFoQ4fyqqs3y5fpvigxHv5EcCVkPMNzk",
    "{BLF-CRYPT}$2y$05$9VTC6YPaSEltD2tidjqIZ.u5xmRDOfd4i0b7BeCjC20DZ91K9t/Ku",
    "{SSHA512}wNYHCNVfvVQebHTGUPbNr1bGhwy7b4r8B0paS+vZwuFZ+DMu0N61ArP6wySiUZcXpCrR9fyAkoxieLe/rmt8kOU5Y+g=",
    "{SSHA256}uOCbzd5OAFVnMgEzJXpWA0wCkuRpWPPRkvRa3MDDCMY5SG4f",
    "{SHA512}Cvzu9IyhJO+hKqOQwCMqPMQ/lrybCeyz+qejpFPqUFEgUM+5IzdIaAmo7taYTlx5iku3C8kvkZnoLV18WKIh2g==",
    "{SHA512-CRYPT}$6$g0LMP5/6jHZ0cBRx$YrmjdrG/TsbUfZSaVCRJXGEIy6nk0dG6q6NBdglDtRDOY20adinhlmos/0AJlFnhFaZR5TXpGSGrykyxYlFXt0",
    "{SHA256-CRYPT}$5$N/utEuvaEC9WnpJt$DcjqpExx9ETOtN7UdhB7M9qpkBXi.V4L8yCAfBME7v6",
];

#[tokio::test]
async fn hashes_made_by_django_php_python_and_dovecot_are_verified_under_any_scheme() {
    let hasher = hasher(&settings(HashScheme::Bcrypt2y));
    for stored in [&DJANGO[..], &PHP, &PYTHON, &DOVECOT].concat() {
        let verified = hasher.verify(password(PASSWORD), stored.into()).await;
        assert!(verified.unwrap(), "{stored}");
        let wrong = PASSWORD.to_lowercase();
        assert!(!hasher.verify(password(&wrong), stored.into()).await.unwrap(), "{stored}");
    }
}

/// Made by PHP 8.2 as WordPress makes them of what its form sends: `$p = trim(addslashes("  PASSWORD "))`, then
/// `'$wp' . password_hash(base64_encode(hash_hmac('sha384', $p, 'wp-sha384', true)), PASSWORD_BCRYPT)`, and before 6.8 `password_hash($p, PASSWORD_BCRYPT)`.
#[tokio::test]
async fn wordpress_takes_a_password_without_outer_space_and_with_slashes() {
    let new = "$wp$2y$10$kVfxOWTPH0aB4lgQ3lkJiuFBfhGM.izTGXEXvGtl4r4JluGCKn0nq";
    let old = "$2y$10$3QzD/hdBVdyrAZukJZ6J3.1sJKPNkE.AwyNtvG4fl5pkSGim.zMOa";
    for scheme in [HashScheme::WordPress, HashScheme::WordPressBcrypt] {
        let wordpress = hasher(&settings(scheme));
        for stored in [new, old] {
            for typed in [PASSWORD, &format!("  {PASSWORD} ")] {
                let verified = wordpress.verify(password(typed), stored.into()).await.unwrap();
                assert!(verified, "{scheme:?} {stored} {typed:?}");
            }
            assert!(!wordpress.verify(password("Gr\u{fc}\u{df}"), stored.into()).await.unwrap(), "{stored}");
        }
        assert_eq!(*wordpress.normalised(&format!(" {PASSWORD}\t")), PASSWORD);
    }
    // Another application takes the password as it was typed.
    let laravel = hasher(&settings(HashScheme::Bcrypt2y));
    assert!(!laravel.verify(password(PASSWORD), old.into()).await.unwrap());
}

/// Made by `Devise::Encryptor.digest(klass, PASSWORD)` of Devise 4.8.1 with bcrypt-ruby 3.1.18, `stretches` 4 and the pepper; the second pepper is as long
/// as those that Devise proposes.
#[tokio::test]
async fn a_pepper_stands_behind_the_password_as_far_as_bcrypt_has_room() {
    for (pepper, stored) in [
        ("a pepper".to_owned(), "$2a$04$FUZQtizvhOJAS8V8CV38TO5STPHBiqZD5wye/SJKSdVhv2EcI7pj6"),
        ("0123456789abcdef".repeat(8), "$2a$04$BjbcHuL1whNQZ6wXz1Kip.DLCiPGZJo1rwZmB5uYHGUQzSGkLsSYq"),
    ] {
        let peppered =
            HashSettings { pepper: Some(Secret::new(pepper.as_str())), ..cheap(HashScheme::Bcrypt2a) };
        let peppered = hasher(&peppered);
        assert!(peppered.verify(password(PASSWORD), stored.into()).await.unwrap());
        let bare = hasher(&cheap(HashScheme::Bcrypt2a));
        assert!(!bare.verify(password(PASSWORD), stored.into()).await.unwrap());

        let written = peppered.hash(password(PASSWORD)).await.unwrap();
        assert!(peppered.verify(password(PASSWORD), written.clone()).await.unwrap());
        assert!(!bare.verify(password(PASSWORD), written).await.unwrap());
        assert_eq!(peppered.max_password_bytes(), Some(72));
    }
}
