//! No circle of modules: of two files, at most one needs the other, directly or by way of others.

mod graph;
mod paths;
mod tokens;

use std::path::Path;

use self::graph::{circles, read};

/// Folders of source in which no files stand in a circle.
const WITHOUT: [&str; 3] = ["bot/src", "config/src", "net/src"];

#[test]
fn no_modules_stand_in_a_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let found = WITHOUT.iter().flat_map(|source| {
        let circles = circles(&read(&root.join(source))).into_iter();
        circles.map(move |circle| format!("{source}:\n{circle}"))
    });
    let found: Vec<_> = found.collect();
    assert!(found.is_empty(), "circles of modules\n{}", found.join("\n\n"));
}

mod on_small_crates {
    use super::graph::{Source, circles};

    fn found(files: &[(&str, &str)]) -> Option<String> {
        let source = |(module, text): &(&str, &str)| Source::new(module, text);
        circles(&files.iter().map(source).collect::<Vec<_>>()).first().map(ToString::to_string)
    }

    #[test]
    fn a_circle_is_named_with_the_lines_that_make_it() {
        let files = [
            ("", "mod a; mod b; mod c;"),
            ("a", "use crate::b::B;\npub struct A(B);"),
            ("b", "pub struct B;\nfn f() -> u8 { crate::c::g() }"),
            ("c", "\npub fn g() -> u8 { super::a::A; 1 }"),
        ];
        let circle = found(&files).unwrap();
        assert_eq!(
            circle,
            "a -> b (line 1: crate::b::B)\nb -> c (line 2: crate::c::g)\nc -> a (line 2: super::a::A)"
        );
        assert_eq!(found(&files[..3]), None);
    }

    #[test]
    fn what_is_not_code_or_only_a_test_makes_no_circle() {
        let b = "// crate::a::A\n/* crate::a::A /* nested */ crate::a */\nconst T: &str = \"crate::a::A \\\" crate::a::A\";\n\
                 const R: &str = r#\"crate::a::A\"#; const C: [char; 2] = ['\"', '\\''];\n\
                 #[cfg(test)]\nmod tests { use crate::a::A; fn f() { if true { } } }\n#[cfg(test)]\nuse crate::a::A;\n#[cfg(test)]\nmod fakes;";
        let files = [
            ("", "mod a; mod b;"),
            ("a", "use crate::b::T;\npub struct A;"),
            ("b", b),
            ("b::fakes", "use crate::a::A;"),
        ];
        assert_eq!(found(&files), None);
        let behind = format!("{b}\nfn g<'a>(_: &'a crate::a::A) {{}}");
        let files = [("", "mod a; mod b;"), ("a", "use crate::b::T;\npub struct A;"), ("b", &behind)];
        assert!(found(&files).is_some());
    }

    #[test]
    fn a_parent_that_only_names_its_children_stands_in_no_circle_with_them() {
        let a = "use super::B;\npub struct A(B);";
        let b = "pub struct B;";
        assert_eq!(
            found(&[("x", "mod a;\nmod b;\npub use a::A;\npub use self::b::B;"), ("x::a", a), ("x::b", b)]),
            None
        );
        // `B` is the parent's own, but the parent does nothing with its child.
        assert_eq!(found(&[("x", "mod a;\npub use a::A;\npub struct B;"), ("x::a", a)]), None);
        let circle = found(&[("x", "mod a;\npub struct B;\nfn f(_: a::A) {}"), ("x::a", a)]).unwrap();
        assert_eq!(circle, "x -> x::a (line 3: a::A)\nx::a -> x (line 1: super::B)");
    }

    #[test]
    fn who_may_see_an_item_is_no_dependency() {
        let files = [
            ("", "mod a;"),
            ("a", "mod b;\nfn f(_: b::B) {}\nfn g() {}"),
            ("a::b", "pub(in crate::a) struct B;"),
        ];
        assert_eq!(found(&files), None);
        let needs = "pub(in crate::a) struct B;\nfn h() { crate::a::g() }";
        assert!(found(&[files[0], files[1], ("a::b", needs)]).is_some());
    }

    #[test]
    fn a_name_that_is_passed_on_leads_to_where_it_is_defined() {
        // `crate::x::B` is of `x::b`, also by way of two files and a star.
        let files = [
            ("", "mod a; mod x; pub use x::*;"),
            ("a", "use crate::B;\npub struct A;"),
            ("x", "mod b;\npub use b::B;\nuse crate::a::A;"),
            ("x::b", "pub struct B;"),
        ];
        assert_eq!(found(&files), None);
        let files = [files[0], files[1], files[2], ("x::b", "pub struct B(crate::a::A);")];
        assert_eq!(found(&files).unwrap(), "a -> x::b (line 1: crate::B)\nx::b -> a (line 1: crate::a::A)");
    }

    #[test]
    fn methods_that_stand_apart_from_their_type_count_where_they_are_called() {
        let files = [
            ("", "mod a; mod b;"),
            ("a", "pub struct A;\nimpl A { pub fn f(&self) { self.done_by_b(); } }"),
            ("b", "use crate::a::A;\nimpl A {\n pub fn done_by_b(&self) {}\n}"),
        ];
        assert_eq!(found(&files).unwrap(), "a -> b (line 2: .done_by_b)\nb -> a (line 1: crate::a::A)");
    }
}
