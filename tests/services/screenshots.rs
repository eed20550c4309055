//! Pictures of each page, to be looked at: `target/screenshots/PAGE-DEVICE-SCHEME.png`.

use std::fs;

use reset_link_tests::harness::binary::executable;

use crate::accessibility::examine;
use crate::browser::{Browser, DESKTOP, ENLARGED, NARROWEST, PHONE};

/// Takes a page's picture on a phone and on a desktop, light and dark, and checks what can be checked without eyes: the rules for accessibility, that
/// nobody has to scroll sideways, and that the browser has nothing to complain about.
pub(crate) async fn take(browser: &Browser, page: &str) {
    let folder = executable().parent().unwrap().with_file_name("screenshots");
    fs::create_dir_all(&folder).unwrap();
    for (device, screen) in [("desktop", DESKTOP), ("phone", PHONE)] {
        browser.look_like(screen).await;
        for scheme in ["dark", "light"] {
            browser.prefer(scheme).await;
            fs::write(folder.join(format!("{page}-{device}-{scheme}.png")), browser.picture().await).unwrap();
            examine(browser, &format!("{page}, {device}, {scheme}")).await;
        }
    }
    for screen in [NARROWEST, ENLARGED, PHONE] {
        browser.look_like(screen).await;
        let width = browser.run("return document.documentElement.scrollWidth").await;
        assert!(width.as_u64().unwrap() <= screen.width.into(), "{page} is {width} wide on {screen:?}");
    }
    let complaints = browser.complaints().await;
    assert!(complaints.is_empty(), "{page}: {complaints:#?}");
}
