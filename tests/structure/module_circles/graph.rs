//! Which file needs which, and a circle among them.
//!
//! A file needs another where a path in it leads there: through what is passed on by `use`, to the file in which the name is defined. A parent does not need a child
//! by declaring it or by passing its names on (`pub use`). Where a type has methods in another file than its own, whoever calls one of them needs that file; a call
//! is known by the method's name, in a file that names the type, where no other function of the crate has that name.
//!
//! Not seen: what a macro of ours puts together, `super` within a module that stands inline, and methods that are called by way of a trait (a trait is there to
//! keep its callers from knowing who implements it).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::Path;

use super::paths::{Facts, Named};

/// How many times a name may be passed on; more is a circle of `use`.
const PASSED_ON: usize = 16;

type Module = Vec<String>;

/// A type, and a file that is not its own.
type Apart<'a> = (&'a str, Module);

/// A file of a crate.
pub(super) struct Source {
    module: Module,
    facts: Facts,
}

impl Source {
    /// `module` as in `chat::courier`; empty for the root.
    pub(super) fn new(module: &str, text: &str) -> Self {
        let module = module.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Self { module, facts: Facts::of(text) }
    }
}

/// The files below a crate's `src`.
pub(super) fn read(source: &Path) -> Vec<Source> {
    let mut files = Vec::new();
    let mut folders = vec![source.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let mut module: Vec<_> = path
                    .strip_prefix(source)
                    .unwrap()
                    .with_extension("")
                    .iter()
                    .map(|name| name.to_str().unwrap().to_owned())
                    .collect();
                if module.last().is_some_and(|name| ["mod", "lib", "main"].contains(&name.as_str())) {
                    module.pop();
                }
                files.push(Source::new(&module.join("::"), &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files
}

/// Files that need one another.
pub(super) struct Circle(Vec<(Module, Module, String)>);

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |module: &Module| if module.is_empty() { "(root)".to_owned() } else { module.join("::") };
        let arrow =
            |(from, to, why): &(Module, Module, String)| format!("{} -> {} ({why})", name(from), name(to));
        f.write_str(&self.0.iter().map(arrow).collect::<Vec<_>>().join("\n"))
    }
}

struct Graph<'a>(BTreeMap<&'a [String], &'a Facts>);

impl Graph<'_> {
    /// A path from the crate's root on; `None` where it leads out of the crate.
    fn absolute(&self, module: &[String], path: &[String]) -> Option<Module> {
        let (first, mut rest) = path.split_first()?;
        let mut from = match first.as_str() {
            "crate" => Vec::new(),
            "self" => module.to_vec(),
            "super" => module.get(..module.len().checked_sub(1)?)?.to_vec(),
            child if self.0.get(module)?.children.contains(child) => {
                rest = path;
                module.to_vec()
            }
            _ => return None,
        };
        while let Some((_, behind)) = rest.split_first().filter(|(next, _)| *next == "super") {
            from.pop();
            rest = behind;
        }
        Some(from.into_iter().chain(rest.iter().cloned()).collect())
    }

    /// The file that a path from the root leads to.
    fn file(&self, path: &[String], passed_on: usize) -> Option<Module> {
        let mut at: Module = Vec::new();
        for (index, name) in path.iter().enumerate() {
            let child: Module = at.iter().chain([name]).cloned().collect();
            if self.0.contains_key(child.as_slice()) {
                at = child;
                continue;
            }
            let facts = self.0.get(at.as_slice())?;
            if facts.defined.contains(name) || passed_on == 0 {
                return Some(at);
            }
            let behind = &path[index + 1..];
            let led = facts.imports.iter().filter(|import| import.name == *name || import.name == "*");
            let mut led = led.filter_map(|import| {
                let mut target = self.absolute(&at, &import.named.path)?;
                if import.name == "*" {
                    target.push(name.clone());
                    let file = self.file(&target, passed_on - 1)?;
                    return self.0.get(file.as_slice())?.defined.contains(name).then_some(file);
                }
                target.extend_from_slice(behind);
                self.file(&target, passed_on - 1)
            });
            return led.next().or(Some(at.clone()));
        }
        Some(at)
    }

    fn target(&self, module: &[String], named: &Named) -> Option<Module> {
        self.file(&self.absolute(module, &named.path)?, PASSED_ON)
    }

    /// The files that a file needs, and why.
    fn needs(
        &self,
        module: &[String],
        facts: &Facts,
        apart: &BTreeMap<&str, Apart<'_>>,
    ) -> BTreeMap<Module, String> {
        let mut needs = BTreeMap::new();
        let imports = facts.imports.iter().map(|import| (&import.named, import.is_public));
        for (named, is_public) in imports.chain(facts.named.iter().map(|named| (named, false))) {
            let Some(to) = self.target(module, named) else { continue };
            let is_passed_on = is_public && to.starts_with(module);
            if to != module && !is_passed_on {
                let why = || format!("line {}: {}", named.line, named.path.join("::"));
                needs.entry(to).or_insert_with(why);
            }
        }
        for (name, line) in &facts.calls {
            if let Some((of, to)) = apart.get(name.as_str())
                && to.as_slice() != module
                && facts.words.contains(*of)
            {
                needs.entry(to.clone()).or_insert_with(|| format!("line {line}: .{name}"));
            }
        }
        needs
    }

    /// Methods in another file than their type, by name.
    fn methods_apart(&self) -> BTreeMap<&str, Apart<'_>> {
        let mut defined: BTreeMap<&str, usize> = BTreeMap::new();
        for function in self.0.values().flat_map(|facts| &facts.functions) {
            *defined.entry(function.as_str()).or_default() += 1;
        }
        let mut apart = BTreeMap::new();
        for (module, facts) in &self.0 {
            for methods in &facts.methods {
                let is_own = matches!(&methods.of[..], [name] if facts.defined.contains(name));
                let names = methods.names.iter().filter(|name| defined.get(name.as_str()) == Some(&1));
                let of = methods.of.last().map_or("", String::as_str);
                apart.extend(names.filter(|_| !is_own).map(|name| (name.as_str(), (of, module.to_vec()))));
            }
        }
        apart
    }
}

/// The circles, the shortest first; of those that share an arrow, one.
pub(super) fn circles(files: &[Source]) -> Vec<Circle> {
    let for_tests: BTreeSet<Module> = files
        .iter()
        .flat_map(|file| {
            let child = |name: &String| file.module.iter().chain([name]).cloned().collect();
            file.facts.test_children.iter().map(child).collect::<Vec<Module>>()
        })
        .collect();
    let compiled = files.iter().filter(|file| !for_tests.iter().any(|test| file.module.starts_with(test)));
    let graph = Graph(compiled.map(|file| (file.module.as_slice(), &file.facts)).collect());
    let apart = graph.methods_apart();
    let needs: BTreeMap<Module, BTreeMap<Module, String>> =
        graph.0.iter().map(|(module, facts)| (module.to_vec(), graph.needs(module, facts, &apart))).collect();
    let mut ways: Vec<_> = needs.keys().filter_map(|from| way_back(&needs, from)).collect();
    ways.sort_by_key(Vec::len);
    let mut told = BTreeSet::new();
    let circle = |way: Vec<Module>| {
        let arrows: Vec<_> = way.iter().zip(way.iter().cycle().skip(1)).collect();
        let is_new = arrows
            .iter()
            .fold(true, |is_new, (from, to)| told.insert(((*from).clone(), (*to).clone())) && is_new);
        let arrow = |(from, to): (&Module, &Module)| (from.clone(), to.clone(), needs[from][to].clone());
        is_new.then(|| Circle(arrows.into_iter().map(arrow).collect()))
    };
    ways.into_iter().filter_map(circle).collect()
}

/// The files of a shortest way from a file back to itself.
fn way_back(needs: &BTreeMap<Module, BTreeMap<Module, String>>, from: &Module) -> Option<Vec<Module>> {
    let mut ways = vec![vec![from.clone()]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for to in needs.get(way.last()?).into_iter().flat_map(BTreeMap::keys) {
                if to == from {
                    return Some(way);
                }
                if seen.insert(to.clone()) {
                    longer.push(way.iter().chain([to]).cloned().collect());
                }
            }
        }
        ways = longer;
    }
    None
}
