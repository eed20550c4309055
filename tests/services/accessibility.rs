//! The rules of axe-core, for a page as it stands in the browser: WCAG 2.2 up to AA, and what is good practice beside it.
//!
//! <https://github.com/dequelabs/axe-core/blob/develop/doc/API.md>

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::browser::Browser;

/// Each rule that is broken, and where.
const BROKEN: &str = "const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    return axe.run(document, { runOnly: { type: 'tag', values: tags } }).then(found =>
        [...found.violations, ...found.incomplete].map(rule =>
            [rule.id, ...rule.nodes.map(node => `${node.target}: ${node.any.concat(node.all, node.none).map(check => check.message).join(' ')}`)]))";

/// Examines the page as it stands, written from left to right and from right to left. What the rules cannot decide counts as broken.
pub(crate) async fn examine(browser: &Browser, page: &str) {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("services/axe/node_modules/axe-core/axe.min.js");
    let rules = fs::read_to_string(rules).expect("axe-core is there: run tests/with-services");
    browser.run(&rules).await;
    for direction in ["rtl", "ltr"] {
        browser.run(&format!("document.documentElement.dir = '{direction}'")).await;
        assert_eq!(browser.run(BROKEN).await, json!([]), "{page}, {direction}");
        let is_wider = "return document.scrollingElement.scrollWidth > innerWidth";
        assert_eq!(browser.run(is_wider).await, false, "{page}, {direction}: nothing scrolls sideways");
    }
}

/// Were it not so, that no page breaks a rule would say nothing.
#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn a_page_that_nobody_can_read_breaks_rules() {
    let browser = Browser::open().await;
    browser.goto("data:text/html,<title>x</title><p style='color:silver'>pale</p><input>").await;
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("services/axe/node_modules/axe-core/axe.min.js");
    browser.run(&fs::read_to_string(rules).unwrap()).await;
    let broken = browser.run(BROKEN).await.to_string();
    for rule in ["color-contrast", "html-has-lang", "label"] {
        assert!(broken.contains(&format!("\"{rule}\"")), "{rule}: {broken}");
    }
    browser.close().await;
}
