//! A message file that is new or gone makes the crate again: the compiler knows of those alone that were there before.

fn main() {
    println!("cargo::rerun-if-changed=messages");
}
