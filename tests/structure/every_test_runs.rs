use std::collections::BTreeSet;
use std::path::Path;

use cargo_metadata::MetadataCommand;
use reset_link_tests::harness::binary::cargo;

/// Plain `cargo run` and `cargo test` at the root mean the whole workspace, and each crate has tests that they run.
#[test]
fn plain_cargo_test_runs_the_tests_of_every_crate() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let metadata = MetadataCommand::new().current_dir(root).no_deps().exec().unwrap();
    let members: BTreeSet<_> = metadata.workspace_members.iter().collect();
    let default: BTreeSet<_> = metadata.workspace_default_members.iter().collect();
    assert_eq!(members, default);

    // What was asked for on the command line of this run does not reach the inner one: it is the plain `cargo test`, listing instead of running.
    let listed = cargo()
        .args(["test", "--quiet", "--", "--list", "--format=terse"])
        .current_dir(root)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    for (name, test) in [
        ("reset-link", "cli::tests::the_command_line_is_sound: test"),
        ("keys", "a_link_is_good_until_exp_and_not_one_millisecond_after: test"),
        ("config", "the_example_parses_as_it_stands: test"),
        ("net", "connection_slots::tests::"),
        ("contacts", "sqlite::tests::"),
        ("bot", "command::tests::each_mistake_is_named: test"),
        ("redeem-server", "password::tests::"),
        ("tests", "ledger::sled_keeps_the_contract: test"),
    ] {
        assert!(
            text.lines().any(|line| line.starts_with(test) || line == test),
            "no test of {name} is run: {test}"
        );
    }
}
