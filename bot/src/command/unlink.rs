//! Chat programs make links of addresses that somebody types: `<mailto:x|x>` (Slack), `[x](mailto:x)` (Markdown). Meant is what was typed.

use std::borrow::Cow;

use keys::text::folded;
use percent_encoding::percent_decode_str;

/// Schemes that a program puts before what was typed, and those that people type themselves.
const PUT_BEFORE: [&str; 2] = ["mailto:", "tel:"];
const TYPED: [&str; 2] = ["https://", "http://"];

/// A link as it stands in a text.
pub(super) struct Link<'a> {
    /// What is shown; the target where there is nothing else.
    label: Option<&'a str>,
    target: &'a str,
}

/// The link with which a text begins, and what stands behind it; `None` where it begins with none.
pub(super) fn link(text: &str) -> Option<(Link<'_>, &str)> {
    let (link, behind) = if let Some(inner) = text.strip_prefix('<') {
        let (inner, behind) = inner.split_once('>')?;
        let (target, label) =
            inner.split_once('|').map_or((inner, None), |(target, label)| (target, Some(label)));
        (Link { label, target }, behind)
    } else {
        let (label, rest) = text.strip_prefix('[')?.split_once("](")?;
        let (target, behind) = rest.split_once(')')?;
        (Link { label: Some(label), target }, behind)
    };
    let has_scheme =
        PUT_BEFORE.into_iter().chain(TYPED).any(|scheme| behind_scheme(link.target, scheme).is_some());
    (has_scheme && behind.chars().next().is_none_or(char::is_whitespace)).then_some((link, behind))
}

impl Link<'_> {
    /// What was typed; `None` where label and target differ, so that nobody can say who is meant.
    pub(super) fn meant(&self) -> Option<String> {
        let bare = PUT_BEFORE.into_iter().find_map(|scheme| behind_scheme(self.target, scheme));
        let Some(label) = self.label else { return Some(bare.unwrap_or(self.target).to_owned()) };
        let typed = TYPED.into_iter().find_map(|scheme| behind_scheme(self.target, scheme));
        let targets = [Some(self.target), bare, typed, typed.and_then(|target| target.strip_suffix('/'))];
        let is_same = |target: &str| {
            let decoded = percent_decode_str(target).decode_utf8().unwrap_or(Cow::Borrowed(target));
            let label = folded(label);
            label == folded(target) || label == folded(&decoded)
        };
        targets.into_iter().flatten().any(is_same).then(|| label.to_owned())
    }
}

fn behind_scheme<'a>(target: &'a str, scheme: &str) -> Option<&'a str> {
    let found = target.get(..scheme.len())?;
    if found.eq_ignore_ascii_case(scheme) { target.get(scheme.len()..) } else { None }
}
