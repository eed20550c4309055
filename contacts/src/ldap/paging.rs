//! Searches in pages (RFC 2696): servers limit how many entries one answer holds, Active Directory to 1,000.

use ldap3::asn1::parse_tag;
use ldap3::controls::{Control, PagedResults, RawControl};
use ldap3::{Ldap, LdapError, LdapResult, ResultEntry, SearchOptions, SearchResult};
use tokio::time::timeout;

use super::connection::Search;

/// So many entries at most are asked for at once.
const PAGE: usize = 250;
/// Request and response control have one name.
const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";
/// The result that says there are more.
const SIZE_LIMIT: u32 = 4;

/// Searches until there are enough entries or no more. A search that needs no more than one page, or a server that knows no pages, is asked once.
///
/// Entries that were found before a later page failed are told as cut off: others of the same connection may search in pages as well, and there are
/// servers that keep the place of one search alone.
///
/// # Errors
/// Where the connection fails.
pub(super) async fn search(mut ldap: Ldap, search: &Search<'_>) -> Result<SearchResult, LdapError> {
    let is_paged = search.limit > PAGE;
    let (mut found, mut refs) = (Vec::new(), Vec::new());
    let mut cookie = Vec::new();
    let mut result = loop {
        let is_first = found.is_empty() && cookie.is_empty();
        let page = is_paged.then(|| page_after(cookie, PAGE.min(search.limit - found.len())));
        let SearchResult(entries, mut result) = ask(&mut ldap, search, page).await?;
        found.extend(entries);
        refs.append(&mut result.refs);
        if result.rc != 0 {
            if !is_first {
                result.rc = SIZE_LIMIT;
            }
            break result;
        }
        cookie = next(&result);
        if cookie.is_empty() {
            break result;
        }
        if found.len() >= search.limit {
            // Nobody will ask for the rest: the server may forget it.
            ask(&mut ldap, search, Some(page_after(cookie, 0))).await?;
            result.rc = SIZE_LIMIT;
            break result;
        }
    };
    result.refs = refs;
    Ok(SearchResult(found, result))
}

/// Searches for everybody, one page after the other, and hands each page over. The last answer says whether there were more that the server does not list.
///
/// # Errors
/// Where the connection fails, or a page takes longer than the search may.
pub(super) async fn for_each(
    mut ldap: Ldap,
    search: &Search<'_>,
    each: &mut (dyn FnMut(Vec<ResultEntry>) + Send),
) -> Result<LdapResult, LdapError> {
    let mut cookie = Vec::new();
    loop {
        let page = ask(&mut ldap, search, Some(page_after(cookie, PAGE)));
        let SearchResult(entries, result) = timeout(search.patience, page).await??;
        each(entries);
        cookie = next(&result);
        if result.rc != 0 || cookie.is_empty() {
            return Ok(result);
        }
    }
}

async fn ask(
    ldap: &mut Ldap,
    search: &Search<'_>,
    page: Option<RawControl>,
) -> Result<SearchResult, LdapError> {
    let limit = i32::try_from(search.limit).unwrap_or(i32::MAX);
    let seconds = i32::try_from(search.patience.as_secs().max(1)).unwrap_or(i32::MAX);
    ldap.with_search_options(SearchOptions::new().sizelimit(limit).timelimit(seconds))
        .with_controls(search.control.iter().cloned().chain(page).collect::<Vec<_>>())
        .search(search.base, search.scope, search.filter, search.attributes)
        .await
}

fn page_after(cookie: Vec<u8>, entries: usize) -> RawControl {
    PagedResults { size: i32::try_from(entries).unwrap_or(i32::MAX), cookie }.into()
}

/// Where the next page begins: `SEQUENCE { size INTEGER, cookie OCTET STRING }`. Empty where there is none.
fn next(result: &LdapResult) -> Vec<u8> {
    let paged = result.ctrls.iter().find(|Control(_, control)| control.ctype == PAGED_RESULTS);
    let cookie = || {
        let (_, value) = parse_tag(paged?.1.val.as_deref()?).ok()?;
        let [_, cookie] = <[_; 2]>::try_from(value.expect_constructed()?).ok()?;
        cookie.expect_primitive()
    };
    cookie().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use ldap3::controls::{ControlParser as _, ControlType};

    use super::*;

    fn answered(value: Option<&[u8]>) -> LdapResult {
        let control = RawControl { val: value.map(<[u8]>::to_vec), ..page_after(Vec::new(), 0) };
        let ctrls = vec![Control(Some(ControlType::PagedResults), control)];
        LdapResult { rc: 0, matched: String::new(), text: String::new(), refs: Vec::new(), ctrls }
    }

    #[test]
    fn the_next_page_is_read_and_what_is_no_answer_is_the_last() {
        for (value, expected) in [
            (Some(&[0x30, 7, 2, 1, 0, 4, 2, b'a', 0][..]), &b"a\0"[..]),
            (Some(&[0x30, 5, 2, 1, 9, 4, 0]), b""),
            (Some(&[0x30, 3, 2, 1, 9]), b""),
            (Some(&[0x30, 9, 2, 1]), b""),
            (Some(&[]), b""),
            (None, b""),
        ] {
            assert_eq!(next(&answered(value)), expected, "{value:?}");
        }
        let asked = page_after(b"here".to_vec(), 250);
        let read = PagedResults::parse(asked.val.as_deref().unwrap());
        assert_eq!((read.size, read.cookie.as_slice()), (250, &b"here"[..]));
        assert!(!asked.crit);
    }
}
