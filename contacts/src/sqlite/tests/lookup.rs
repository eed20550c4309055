use super::*;

#[tokio::test]
async fn an_exact_id_wins_over_ids_that_look_like_it() {
    let directory = TestDirectory::new(&[contact("ceo"), contact("CEO"), contact("Ceo")]).await;
    assert_eq!(directory.found("CEO").await, ["CEO"]);
    assert_eq!(directory.found("ceo").await, ["ceo"]);
}

#[tokio::test]
async fn several_ids_that_look_alike_are_all_named_and_none_is_chosen() {
    let directory = TestDirectory::new(&[contact("ceo"), contact("CEO"), contact("cfo")]).await;
    assert_eq!(directory.found("cEO").await, ["CEO", "ceo"]);
}

#[tokio::test]
async fn an_id_is_found_whatever_its_case_unicode_form_and_surrounding_space() {
    let directory =
        TestDirectory::new(&[contact("ceo"), contact("jos\u{e9}"), contact("さくら"), contact("Größe")])
            .await;
    for (typed, found) in [
        ("CEO", "ceo"),
        (" ceo ", "ceo"),
        ("JOSE\u{301}", "jos\u{e9}"),
        ("さくら\u{3000}", "さくら"),
        ("GRÖSSE", "Größe"),
    ] {
        assert_eq!(directory.found(typed).await, [found], "{typed}");
    }
    for typed in ["", " ", "ce", "ceo%", "c*", "sakura", "\0", "ceo\0"] {
        assert!(directory.found(typed).await.is_empty(), "{typed}");
    }
}

#[tokio::test]
async fn what_nobody_sees_is_ignored_when_an_id_is_typed() {
    let directory = TestDirectory::new(&[contact("a_b"), contact("gr\u{200b}ace")]).await;
    for typed in ["a_\u{200b}b", "\u{feff}a_b", "A_B\u{202e}", "a\u{ad}_b"] {
        assert_eq!(directory.found(typed).await, ["a_b"], "{typed:?}");
    }
    // An id that another program wrote with such a character goes on working, typed with it or without.
    for typed in ["grace", "gr\u{200b}ace", "GRACE", "g\u{200b}race"] {
        assert_eq!(directory.found(typed).await, ["gr\u{200b}ace"], "{typed:?}");
    }
    for typed in ["\u{200b}", "\u{feff} "] {
        assert!(directory.found(typed).await.is_empty(), "{typed:?}");
    }
    assert_eq!(directory.hits("a_\u{200b}b", 5).await, ["a_b"]);
    assert_eq!(directory.hits("grac", 5).await, ["gr\u{200b}ace"]);
}

#[tokio::test]
async fn everybody_who_is_called_so_is_named_active_or_not() {
    let directory =
        TestDirectory::new(&[contact("stra\u{df}e"), contact("STRASSE").inactive(), contact("strass")]).await;
    let called = async |typed: &str| directory.lookup.called(typed).await.unwrap();
    assert_eq!(called("Stra\u{200b}\u{df}e").await, [id("STRASSE"), id("stra\u{df}e")]);
    assert!(called("nobody").await.is_empty() && called("\u{200b}").await.is_empty());
}

#[tokio::test]
async fn ids_that_hide_something_are_counted_and_the_first_named() {
    let directory =
        TestDirectory::new(&[contact("ada"), contact("gr\u{fc}n"), contact("می\u{200c}خواهم")]).await;
    assert_eq!(directory.lookup.ids_that_hide(5).await.unwrap(), (0, vec![]));
    directory.operations.put(&[contact("a\u{200b}"), contact("b\u{feff}")]).await.unwrap();
    let (count, first) = directory.lookup.ids_that_hide(1).await.unwrap();
    assert_eq!((count, first.len()), (2, 1));
}

#[tokio::test]
async fn what_nobody_sees_never_decides_between_two_contacts() {
    let directory =
        TestDirectory::new(&[contact("ceo"), contact("ceo\u{200b}"), contact("ceo\u{feff}").inactive()])
            .await;
    assert_eq!(directory.found("ceo").await, ["ceo"]);
    assert_eq!(directory.found("ceo\u{200b}").await, ["ceo", "ceo\u{200b}"]);
    assert_eq!(directory.found("ceo\u{feff}").await, ["ceo", "ceo\u{200b}", "ceo\u{feff}"]);
    assert_eq!(directory.found("ceo\u{2060}").await, ["ceo", "ceo\u{200b}"]);
}

#[tokio::test]
async fn an_inactive_contact_is_not_found() {
    let directory = TestDirectory::new(&[contact("ada").inactive(), contact("bob")]).await;
    assert!(directory.found("ada").await.is_empty());
    assert!(directory.found("ADA").await.is_empty());
}

#[tokio::test]
async fn the_exact_id_of_an_inactive_contact_never_finds_somebody_else() {
    let directory = TestDirectory::new(&[contact("ceo").inactive(), contact("CEO")]).await;
    assert!(directory.found("ceo").await.is_empty());
    assert_eq!(directory.found("Ceo").await, ["CEO"]);
}

#[tokio::test]
async fn a_contact_comes_with_everything_that_the_directory_holds() {
    let ada = contact("ada").with_email("Ada@Example.org").with_language("en");
    let directory = TestDirectory::new(&[ada, contact("bob")]).await;
    let found = directory.one("Ada").await;
    assert_eq!(found.id, id("ada"));
    assert_eq!(found.name, "Name of ada");
    assert_eq!(found.primary_email.as_deref(), Some("Ada@Example.org"));
    assert_eq!(found.language.as_deref(), Some("en"));
    let bob = directory.one("bob").await;
    assert_eq!((bob.primary_email, bob.language), (None, None));
}

#[tokio::test]
async fn an_email_is_shared_whatever_its_spelling() {
    let directory = TestDirectory::new(&[
        contact("one").with_email("jos\u{e9}@b\u{fc}cher.example"),
        contact("two").with_email(" JOSE\u{301}@BU\u{308}CHER.example "),
        contact("three").with_email("jos\u{e9}@xn--bcher-kva.example"),
        contact("four").with_email("jose@b\u{fc}cher.example"),
        contact("five"),
        contact("six").with_email("n/a"),
    ])
    .await;
    assert_eq!(directory.others("José@BÜCHER.example", "one").await, ["three", "two"]);
    assert_eq!(directory.others("jose@bücher.example", "four").await, Vec::<String>::new());
}

#[tokio::test]
async fn an_inactive_contact_still_holds_its_email() {
    let directory = TestDirectory::new(&[
        contact("ada").with_email("a@example.org"),
        contact("old").with_email("A@example.org").inactive(),
    ])
    .await;
    assert_eq!(directory.others("a@example.org", "ada").await, ["old"]);
}
