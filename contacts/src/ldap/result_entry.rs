//! An entry as a search answers it (RFC 4511, section 4.5.2): the library's own reading panics where a server sends another form.

use std::collections::HashMap;

use ldap3::asn1::StructureTag;
use ldap3::{ResultEntry, SearchEntry};

/// SearchResultEntry.
const ENTRY: u64 = 4;

/// Reads it; `None` where it has not the form of an entry. An attribute has its texts in `attrs` and its other values in `bin_attrs`, and may have both.
pub(super) fn read(entry: ResultEntry) -> Option<SearchEntry> {
    let mut parts = entry.0.match_id(ENTRY)?.expect_constructed()?.into_iter();
    let dn = text(parts.next()?)?;
    let (mut attrs, mut bin_attrs) = (HashMap::new(), HashMap::new());
    for attribute in parts.next()?.expect_constructed()? {
        let mut parts = attribute.expect_constructed()?.into_iter();
        let name = text(parts.next()?)?;
        let (mut texts, mut others) = (Vec::new(), Vec::new());
        for value in parts.next()?.expect_constructed()? {
            match String::from_utf8(value.expect_primitive()?) {
                Ok(text) => texts.push(text),
                Err(error) => others.push(error.into_bytes()),
            }
        }
        if !others.is_empty() {
            bin_attrs.insert(name.clone(), others);
        }
        attrs.insert(name, texts);
    }
    Some(SearchEntry { dn, attrs, bin_attrs })
}

fn text(tag: StructureTag) -> Option<String> {
    String::from_utf8(tag.expect_primitive()?).ok()
}

#[cfg(test)]
mod tests {
    use ldap3::asn1::{PL, TagClass};

    use super::*;

    fn tag(id: u64, payload: PL) -> StructureTag {
        StructureTag { class: TagClass::Universal, id, payload }
    }

    fn bytes(bytes: &[u8]) -> StructureTag {
        tag(4, PL::P(bytes.to_vec()))
    }

    fn all(tags: Vec<StructureTag>) -> StructureTag {
        tag(16, PL::C(tags))
    }

    fn answer(id: u64, dn: &[u8], attributes: Vec<StructureTag>) -> Option<SearchEntry> {
        read(ResultEntry::new(tag(id, PL::C(vec![bytes(dn), all(attributes)]))))
    }

    #[test]
    fn one_value_that_is_no_text_hides_no_other() {
        let attribute = |name: &[u8]| all(vec![bytes(name), all(vec![bytes(b"a"), bytes(&[0xff])])]);
        let entry = answer(ENTRY, b"cn=a", vec![attribute(b"mail")]).unwrap();
        assert_eq!(entry.dn, "cn=a");
        assert_eq!(entry.attrs, HashMap::from([("mail".to_owned(), vec!["a".to_owned()])]));
        assert_eq!(entry.bin_attrs, HashMap::from([("mail".to_owned(), vec![vec![0xff]])]));
        assert!(answer(ENTRY, b"cn=a", vec![attribute(&[0xff])]).is_none());
    }

    #[test]
    fn what_is_no_entry_is_told_and_ends_nothing() {
        assert!(answer(ENTRY, b"cn=a", Vec::new()).is_some());
        // An intermediate response, and a distinguished name that is no text.
        assert!(answer(25, b"cn=a", Vec::new()).is_none());
        assert!(answer(ENTRY, &[b'c', 0xff], Vec::new()).is_none());
        for payload in
            [PL::P(Vec::new()), PL::C(Vec::new()), PL::C(vec![bytes(b"cn=a")]), PL::C(vec![all(Vec::new())])]
        {
            assert!(read(ResultEntry::new(tag(ENTRY, payload))).is_none());
        }
        assert!(answer(ENTRY, b"cn=a", vec![all(vec![bytes(b"mail")])]).is_none());
    }
}
