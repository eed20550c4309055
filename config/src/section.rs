//! Reading the keys of one section: each with its type, each problem with its place.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;

use crate::given::{Entry, Given};
use crate::layers::how_to_give;
use crate::problem::{Place, Problem, Refusal};
use crate::secret::Secret;
use crate::shown::shown;

/// One section, to be read key by key. A getter answers `None` where the key was not given, or was refused: then the
/// problem is on record, and the caller's default never reaches anybody.
pub(crate) struct Section<'a> {
    pub(crate) name: &'static str,
    pub(crate) place: &'a Place,
    /// The config file, or what there is instead of one.
    pub(crate) origin: &'a Place,
    pub(crate) folder: &'a Path,
    pub(crate) entries: &'a BTreeMap<(&'static str, &'static str), Entry>,
    pub(crate) problems: &'a mut Vec<Problem>,
}

impl<'a> Section<'a> {
    fn entry(&self, key: &'static str) -> Option<&'a Entry> {
        self.entries.get(&(self.name, key))
    }

    /// Whether the key was given, good or not.
    pub(crate) fn has(&self, key: &'static str) -> bool {
        self.entry(key).is_some()
    }

    /// Whether a problem with this key is on record.
    pub(crate) fn is_refused(&self, key: &'static str) -> bool {
        let key = format!("{}.{key}", self.name);
        self.problems.iter().any(|problem| problem.key == key)
    }

    /// Puts a problem with this key on record, where the key stands or would belong.
    pub(crate) fn refuse(&mut self, key: &'static str, refusal: Refusal) {
        let place = self.entry(key).map_or(self.place, |entry| &entry.place).clone();
        self.refuse_at(place, key, refusal);
    }

    fn refuse_at(&mut self, place: Place, key: &'static str, refusal: Refusal) {
        self.problems.push(Problem::new(place, format!("{}.{key}", self.name), refusal));
    }

    /// What is good, or its problem on record.
    pub(crate) fn judge<T>(&mut self, key: &'static str, judged: Result<T, Refusal>) -> Option<T> {
        judged.map_err(|refusal| self.refuse(key, refusal)).ok()
    }

    /// Text that `parse` accepts.
    pub(crate) fn parsed<T>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, Refusal>,
    ) -> Option<T> {
        let entry = self.entry(key)?;
        let judged = text(&entry.given).and_then(parse);
        self.judge(key, judged)
    }

    /// Text that must be given, and that `parse` accepts. `example` is the line to add.
    pub(crate) fn required<T>(
        &mut self,
        key: &'static str,
        example: &str,
        parse: impl Fn(&str) -> Result<T, Refusal>,
    ) -> Option<T> {
        if !self.has(key) {
            let refusal = Refusal::new("is not set", how_to_give(self.origin, self.name, key, example));
            match self.origin {
                // No variable that is set is to blame.
                Place::EnvironmentAlone => self.refuse_at(self.origin.clone(), key, refusal),
                _ => self.refuse(key, refusal),
            }
        }
        self.parsed(key, parse)
    }

    /// One of a few words.
    pub(crate) fn choice<T: Clone>(&mut self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        self.parsed(key, |text| match choices.iter().find(|(word, _)| *word == text) {
            Some((_, meaning)) => Ok(meaning.clone()),
            None => {
                let words: Vec<String> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
                Err(Refusal::new(
                    format!("{} is not one of the choices", shown(text)),
                    format!("use {}", words.join(" or ")),
                ))
            }
        })
    }

    /// A list of texts each of which `parse` accepts; separated by commas in the environment.
    pub(crate) fn list<T>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, Refusal>,
    ) -> Option<Vec<T>> {
        let entry = self.entry(key)?;
        let mut accepted = Vec::new();
        match &entry.given {
            Given::List(items) => {
                for (line, item) in items {
                    match text(item).and_then(&parse) {
                        Ok(item) => accepted.push(item),
                        Err(refusal) => self.refuse_at(on_line(&entry.place, *line), key, refusal),
                    }
                }
            }
            Given::Untyped(_) => {
                let whole = text(&entry.given);
                for item in self.judge(key, whole)?.split(',').map(str::trim).filter(|item| !item.is_empty())
                {
                    let judged = parse(item);
                    accepted.extend(self.judge(key, judged));
                }
            }
            other => self.refuse(key, wrong_kind(other, "a list", "write it as a list, like [\"…\", \"…\"]")),
        }
        Some(accepted)
    }

    /// One text for all languages, or a table of one for each (BCP 47, of those that are spoken), among them `own`,
    /// which stands in for the others. It must be given. In the environment it is one for all.
    pub(crate) fn per_language(
        &mut self,
        key: &'static str,
        example: &str,
        own: &str,
        parse: impl Fn(&str) -> Result<String, Refusal>,
    ) -> Option<(String, BTreeMap<String, String>)> {
        let Some(Entry { given: Given::Table(items), place }) = self.entry(key) else {
            return Some((self.required(key, example, parse)?, BTreeMap::new()));
        };
        let mut texts = BTreeMap::new();
        let mut is_good = true;
        for (language, line, item) in items {
            let judged = spoken_language(language).and_then(|_| text(item)).and_then(&parse);
            match judged {
                Ok(text) => drop(texts.insert(language.clone(), text)),
                Err(refusal) => {
                    is_good = false;
                    self.refuse_at(on_line(place, *line), key, refusal);
                }
            }
        }
        if !is_good {
            return None;
        }
        let Some(otherwise) = texts.get(own).cloned() else {
            let cause = format!("has no text in the organisation's own language, \"{own}\"");
            self.refuse(key, Refusal::new(cause, format!("add {own} = \"{example}\" to it")));
            return None;
        };
        Some((otherwise, texts))
    }

    /// A whole number within `range`. `unit` says what is counted.
    pub(crate) fn number(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u32>,
        unit: &str,
    ) -> Option<u32> {
        let entry = self.entry(key)?;
        let cure = match (range.start(), range.end()) {
            (least, &u32::MAX) => format!("use {least} or more {unit}"),
            (least, most) => format!("use {least} to {most} {unit}"),
        };
        let (number, written) = match &entry.given {
            Given::Integer(number) => {
                (*number, number.map_or("this number".to_owned(), |number| number.to_string()))
            }
            Given::Untyped(value) => {
                let value = value.to_string_lossy();
                match value.trim().parse::<i64>() {
                    Ok(number) => (Some(number), number.to_string()),
                    Err(_) => {
                        self.refuse(
                            key,
                            Refusal::new(format!("{} is not a whole number", shown(&value)), cure),
                        );
                        return None;
                    }
                }
            }
            other => {
                self.refuse(key, wrong_kind(other, "a whole number", format!("{cure}, without quotes")));
                return None;
            }
        };
        let within =
            number.and_then(|number| u32::try_from(number).ok()).filter(|number| range.contains(number));
        let judged = within.ok_or_else(|| Refusal::new(format!("{written} is out of range"), cure));
        self.judge(key, judged)
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&mut self, key: &'static str) -> Option<bool> {
        let judged = match &self.entry(key)?.given {
            Given::Boolean(value) => Ok(*value),
            Given::Untyped(value) => value.to_string_lossy().trim().parse().map_err(|_| {
                Refusal::new(
                    format!("{} is not true or false", shown(&value.to_string_lossy())),
                    "use true or false",
                )
            }),
            other => Err(wrong_kind(other, "true or false", "use true or false, without quotes")),
        };
        self.judge(key, judged)
    }

    /// A length of time within `range`, as text with its unit; `range` may begin at a millisecond, which is as good
    /// as "more than zero".
    pub(crate) fn duration(
        &mut self,
        key: &'static str,
        range: RangeInclusive<SignedDuration>,
        example: &str,
    ) -> Option<SignedDuration> {
        let judged = match &self.entry(key)?.given {
            Given::Integer(number) => Err(without_unit(
                &number.map_or("this number".to_owned(), |number| number.to_string()),
                example,
            )),
            given @ (Given::Text(_) | Given::Untyped(_)) => {
                text(given).and_then(|text| length_of_time(text.trim(), range, example))
            }
            other => Err(wrong_kind(
                other,
                "a length of time",
                format!("write it with its unit, like \"{example}\""),
            )),
        };
        self.judge(key, judged)
    }

    /// A path: in the file relative to the file's folder, in the environment to the working directory.
    pub(crate) fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        let entry = self.entry(key)?;
        let judged = match &entry.given {
            Given::Text(path) => usable_path(Path::new(path)).map(|path| self.folder.join(path)),
            Given::Untyped(path) => usable_path(Path::new(path)).map(Path::to_path_buf),
            other => Err(wrong_kind(other, "a path", "put it in quotes")),
        };
        self.judge(key, judged)
    }

    /// A list of paths, each as in [`Section::path`].
    pub(crate) fn paths(&mut self, key: &'static str) -> Option<Vec<PathBuf>> {
        let in_file = matches!(self.entry(key)?.given, Given::List(_));
        let folder = if in_file { self.folder } else { Path::new("") };
        self.list(key, |path| usable_path(Path::new(path)).map(|path| folder.join(path)))
    }

    /// A secret: given as `key`, or in the file that `file_key` names, never both.
    pub(crate) fn secret(&mut self, key: &'static str, file_key: &'static str) -> Option<Secret> {
        match (self.entry(key), self.entry(file_key)) {
            (Some(_), Some(other)) => {
                let cause = format!("is set, and so is {}.{file_key} ({})", self.name, other.place);
                self.refuse(key, Refusal::new(cause, format!("keep one of them, best {file_key}")));
                None
            }
            (Some(_), None) => self.parsed(key, |secret| match secret {
                "" => Err(Refusal::new("is empty", format!("set it, or remove {key}"))),
                secret => Ok(Secret::new(secret)),
            }),
            (None, _) => {
                let file = self.path(file_key)?;
                let judged = Secret::from_file(&file);
                self.judge(file_key, judged)
            }
        }
    }
}

/// Text that is not blank and has no line breaks or other control characters.
pub(crate) fn one_line(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::new("is empty", "write at least a word"));
    }
    if text.chars().any(char::is_control) {
        return Err(Refusal::new(
            format!("{} holds a control character", shown(text)),
            "keep it on one line",
        ));
    }
    Ok(text.to_owned())
}

/// The languages that pages and mails are written in.
pub const LANGUAGES: &[&str] = &["en", "de"];

/// A language that pages and mails are written in, by its tag.
pub(crate) fn spoken_language(tag: &str) -> Result<String, Refusal> {
    if LANGUAGES.contains(&tag) {
        return Ok(tag.to_owned());
    }
    let spoken: Vec<String> = LANGUAGES.iter().map(|language| format!("\"{language}\"")).collect();
    let cause = format!("{} is not a language that pages and mails are written in", shown(tag));
    Err(Refusal::new(cause, format!("use {}", spoken.join(" or "))))
}

fn text(given: &Given) -> Result<&str, Refusal> {
    match given {
        Given::Text(text) => Ok(text),
        Given::Untyped(text) => {
            text.to_str().ok_or_else(|| Refusal::new("is not UTF-8", "write it in UTF-8"))
        }
        other => Err(wrong_kind(other, "text", "put it in quotes")),
    }
}

fn wrong_kind(given: &Given, wanted: &str, cure: impl Into<String>) -> Refusal {
    Refusal::new(format!("is {}, not {wanted}", given.kind()), cure)
}

fn on_line(place: &Place, line: usize) -> Place {
    match place {
        Place::Line { file, .. } => Place::Line { file: file.clone(), line },
        other => other.clone(),
    }
}

fn usable_path(path: &Path) -> Result<&Path, Refusal> {
    // An empty path would silently mean the folder itself.
    if path.as_os_str().is_empty() {
        return Err(Refusal::new("is empty", "name a path, or remove the key"));
    }
    if ["k4.", "reset-link-binding."].iter().any(|secret| path.to_string_lossy().starts_with(secret)) {
        return Err(Refusal::new(
            "is a key, not a path",
            "put the key into a file of its own and name that file",
        ));
    }
    Ok(path)
}

fn length_of_time(
    text: &str,
    range: RangeInclusive<SignedDuration>,
    example: &str,
) -> Result<SignedDuration, Refusal> {
    if !text.is_empty()
        && text.chars().all(|character| character.is_ascii_digit() || "+-.".contains(character))
    {
        return Err(without_unit(text, example));
    }
    let duration: SignedDuration = text.parse().map_err(|_| {
        Refusal::new(
            format!("{} is not a length of time", shown(text)),
            format!("write a number and its unit (h, m, s), like \"{example}\""),
        )
    })?;
    let (least, most) = (range.start(), range.end());
    if range.contains(&duration) {
        return Ok(duration);
    }
    let cause = if duration > *most {
        format!("{} is more than {most:#}", shown(text))
    } else if *least <= SignedDuration::from_millis(1) {
        format!("{} is not more than zero", shown(text))
    } else {
        format!("{} is less than {least:#}", shown(text))
    };
    let cure = if *least <= SignedDuration::from_millis(1) {
        format!("use more than zero and at most {most:#}, like \"{example}\"")
    } else {
        format!("use {least:#} to {most:#}, like \"{example}\"")
    };
    Err(Refusal::new(cause, cure))
}

fn without_unit(number: &str, example: &str) -> Refusal {
    Refusal::new(
        format!("{number} has no unit"),
        format!("write it with its unit (h, m, s), like \"{example}\""),
    )
}
