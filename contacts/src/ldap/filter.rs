//! Filters (RFC 4515). Whatever is compared is escaped by the library.

use ldap3::ldap_escape;

/// The attribute holds this value, as the server compares it.
pub(super) fn equal(attribute: &str, value: &str) -> String {
    format!("({attribute}={})", ldap_escape(value))
}

/// The attribute has a value.
pub(super) fn present(attribute: &str) -> String {
    format!("({attribute}=*)")
}

/// The attribute begins so.
pub(super) fn begins(attribute: &str, value: &str) -> String {
    format!("({attribute}={}*)", ldap_escape(value))
}

/// The attribute holds this somewhere.
pub(super) fn holds(attribute: &str, value: &str) -> String {
    format!("({attribute}=*{}*)", ldap_escape(value))
}

/// True for every entry, if the account may search the attribute at all; otherwise undefined, which finds nobody.
pub(super) fn searchable(attribute: &str) -> String {
    format!("(|({attribute}=*)(!({attribute}=*)))")
}

/// All of these.
pub(super) fn all<S: AsRef<str>>(filters: &[S]) -> String {
    joined('&', filters)
}

/// One of these.
pub(super) fn any<S: AsRef<str>>(filters: &[S]) -> String {
    joined('|', filters)
}

/// None of this.
pub(super) fn not(filter: &str) -> String {
    format!("(!{filter})")
}

fn joined<S: AsRef<str>>(with: char, filters: &[S]) -> String {
    let filters: String = filters.iter().map(AsRef::as_ref).collect();
    format!("({with}{filters})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_typed_is_more_than_a_text() {
        for (typed, escaped) in
            [("*)(uid=*", r"\2a\29\28uid=\2a"), ("a\\", r"a\5c"), ("a\0", r"a\00"), ("größe", "größe")]
        {
            assert_eq!(equal("uid", typed), format!("(uid={escaped})"));
            assert_eq!(begins("uid", typed), format!("(uid={escaped}*)"));
            assert_eq!(holds("uid", typed), format!("(uid=*{escaped}*)"));
        }
        assert_eq!(all(&["(a=1)", &any(&["(b=2)", &not("(c=3)")])]), "(&(a=1)(|(b=2)(!(c=3))))");
    }
}
