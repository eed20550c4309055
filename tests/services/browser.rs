//! Headless Chromium by WebDriver (W3C), as far as these tests need it: a few JSON questions to ChromeDriver, and Chrome's own protocol through it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::place::{Visitor, service};

/// Under this name WebDriver says which element it means.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What the browser's window is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) is_mobile: bool,
    pub(crate) scale: u32,
}

pub(crate) const PHONE: Screen = Screen { width: 390, height: 844, is_mobile: true, scale: 2 };
pub(crate) const DESKTOP: Screen = Screen { width: 1280, height: 800, is_mobile: false, scale: 1 };
/// That desktop with the page at 200 % (WCAG 2.2, 1.4.4).
pub(crate) const ENLARGED: Screen = Screen { width: 640, height: 400, is_mobile: false, scale: 2 };
/// What WCAG 2.2 asks to do without scrolling sideways (1.4.10).
pub(crate) const NARROWEST: Screen = Screen { width: 320, height: 640, is_mobile: true, scale: 1 };

/// Keys as WebDriver writes them.
pub(crate) const TAB: &str = "\u{e004}";
pub(crate) const ENTER: &str = "\u{e007}";

/// A browser of its own, without a past.
pub(crate) struct Browser {
    driver: Visitor,
    session: String,
}

impl Browser {
    /// A phone.
    pub(crate) async fn open() -> Self {
        Self::open_with(json!({})).await
    }

    /// A phone that keeps no cookies.
    pub(crate) async fn open_without_cookies() -> Self {
        Self::open_with(json!({ "profile.default_content_setting_values.cookies": 2 })).await
    }

    async fn open_with(preferences: Value) -> Self {
        let driver = Visitor::new();
        let sessions = format!("{}/session", service("CHROMEDRIVER"));
        // The sandbox does not work for root, and shared memory is scarce in containers.
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--hide-scrollbars",
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments, "prefs": preferences },
            "goog:loggingPrefs": { "browser": "ALL" },
            // How long an element is waited for.
            "timeouts": { "implicit": 20_000 },
        } } });
        let started = driver.ask(&sessions, &wanted).await;
        let id = started["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("no browser: {started}"));
        let browser = Self { session: format!("{sessions}/{id}"), driver };
        browser.look_like(PHONE).await;
        browser
    }

    /// Its end; ChromeDriver's own end would be the browser's as well.
    pub(crate) async fn close(self) {
        self.driver.delete(&self.session).await;
    }

    async fn ask(&self, what: &str, question: Value) -> Value {
        let mut answer = self.driver.ask(&format!("{}/{what}", self.session), &question).await;
        assert!(answer["value"]["error"].is_null(), "{what}: {}", answer["value"]);
        answer["value"].take()
    }

    /// A command of Chrome's own protocol.
    pub(crate) async fn chrome(&self, command: &str, parameters: Value) -> Value {
        self.ask("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await
    }

    pub(crate) async fn look_like(&self, screen: Screen) {
        let Screen { width, height, is_mobile, scale } = screen;
        let metrics =
            json!({ "width": width, "height": height, "mobile": is_mobile, "deviceScaleFactor": scale });
        self.chrome("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    pub(crate) async fn prefer(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.chrome("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    pub(crate) async fn goto(&self, url: &str) {
        self.ask("url", json!({ "url": url })).await;
    }

    pub(crate) async fn reload(&self) {
        self.ask("refresh", json!({})).await;
    }

    pub(crate) async fn back(&self) {
        self.ask("back", json!({})).await;
    }

    /// What a script returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.ask("execute/sync", json!({ "script": script, "args": [] })).await
    }

    /// Waits for an element; gives back its path within the session.
    async fn find(&self, selector: &str) -> String {
        let found = self.ask("element", json!({ "using": "css selector", "value": selector })).await;
        format!("element/{}", found[ELEMENT].as_str().unwrap())
    }

    pub(crate) async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        self.ask(&format!("{element}/click"), json!({})).await;
    }

    pub(crate) async fn type_into(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        self.ask(&format!("{element}/value"), json!({ "text": text })).await;
    }

    /// One key after the other, wherever the focus is.
    pub(crate) async fn press(&self, keys: &[&str]) {
        let both = |key: &&str| {
            [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })]
        };
        let pressed: Vec<_> = keys.iter().flat_map(both).collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": pressed });
        self.ask("actions", json!({ "actions": [keyboard] })).await;
    }

    /// What a person reads there.
    pub(crate) async fn text(&self, selector: &str) -> String {
        let element = self.find(selector).await;
        let answer = self.driver.read(&format!("{}/{element}/text", self.session)).await;
        answer["value"].as_str().unwrap_or_else(|| panic!("{selector}: {answer}")).to_owned()
    }

    /// The whole page as a PNG, however long it is.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        let layout = self.chrome("Page.getLayoutMetrics", json!({})).await;
        let (size, window) = (&layout["cssContentSize"], &layout["cssLayoutViewport"]);
        let height = size["height"].as_f64().unwrap().max(window["clientHeight"].as_f64().unwrap());
        let clip = json!({ "x": 0, "y": 0, "width": window["clientWidth"], "height": height, "scale": 1 });
        let picture = self
            .chrome("Page.captureScreenshot", json!({ "captureBeyondViewport": true, "clip": clip }))
            .await;
        STANDARD.decode(picture["data"].as_str().unwrap()).unwrap()
    }

    /// What the browser complained about since it was last asked, but for the mere status of a page.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let entries = self.ask("se/log", json!({ "type": "browser" })).await;
        let entries = entries.as_array().unwrap().iter();
        let is_status = |entry: &Value| {
            let message = entry["message"].as_str().unwrap();
            !message.contains("/assets/") && message.contains("the server responded with a status of 4")
        };
        entries.filter(|entry| !is_status(entry)).map(Value::to_string).collect()
    }
}
