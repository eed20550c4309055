//! Which known word was probably meant.

/// The candidate that looks most like what was written, if any looks like it at all.
pub(crate) fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_lowercase().replace('-', "_");
    let tolerated = (written.chars().count() / 3).max(2);
    candidates
        .into_iter()
        .map(|candidate| (distance(&written, &candidate.to_lowercase()), candidate))
        .filter(|(far, candidate)| {
            *far <= tolerated.min(candidate.chars().count() / 2)
                || one_is_part_of_the_other(&written, candidate)
        })
        .min_by_key(|(far, _)| *far)
        .map(|(_, candidate)| candidate)
}

fn one_is_part_of_the_other(written: &str, candidate: &str) -> bool {
    written.len() >= 3 && (candidate.contains(written) || written.contains(candidate))
}

/// The Levenshtein distance, in characters.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, from) in one.chars().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        for (to, cell) in other.iter().zip(row.iter_mut().skip(1)) {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = *cell;
            left = replaced.min(left + 1).min(*cell + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_edits() {
        for (one, other, edits) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("é", "e", 1),
            ("flaw", "lawn", 2),
        ] {
            assert_eq!(distance(one, other), edits, "{one} -> {other}");
        }
    }

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        let keys = ["public_url", "listen", "trusted_proxies", "dir"];
        assert_eq!(nearest("pubic_url", keys), Some("public_url"));
        assert_eq!(nearest("Public-URL", keys), Some("public_url"));
        assert_eq!(nearest("url", keys), Some("public_url"));
        assert_eq!(nearest("directory", keys), Some("dir"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest("", keys), None);
    }
}
