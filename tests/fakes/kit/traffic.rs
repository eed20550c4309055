//! What comes in at a fake, and what happens to it before the platform answers.

use super::fault::{Fault, Rules};
use super::limit::{Budget, Limits};

/// A request as it arrived, without its body and without ids or tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// Where it went, as the platform's reference writes it: a path's template, or the name of a method of Slack's Web API.
    pub route: String,
    /// What was answered; 0 while nothing was, or when the connection was reset.
    pub status: u16,
    /// The platform's word for what was wrong, where it has one beside the status.
    pub error: Option<String>,
}

/// All that has come in, what was wrong with it, and what is to happen to what comes next.
pub struct Traffic<R> {
    pub(crate) requests: Vec<SeenRequest>,
    pub(crate) violations: Vec<String>,
    pub(crate) faults: Rules<R>,
    pub(crate) limits: Limits,
}

impl<R> Default for Traffic<R> {
    fn default() -> Self {
        Self {
            requests: Vec::new(),
            violations: Vec::new(),
            faults: Rules::default(),
            limits: Limits::default(),
        }
    }
}

/// Where a request goes.
#[derive(Clone, Copy)]
pub(crate) struct Destination<'a> {
    pub(crate) method: &'a str,
    /// As the platform's reference writes it.
    pub(crate) route: &'a str,
    /// What faults and limits are found by.
    pub(crate) path: &'a str,
}

impl<R: Clone> Traffic<R> {
    /// Notes a request: its place among all, what happens to it, and what is left of its limit.
    pub(crate) fn arrives(&mut self, to: Destination<'_>) -> (usize, Option<Fault<R>>, Budget) {
        self.requests.push(SeenRequest {
            method: to.method.to_owned(),
            route: to.route.to_owned(),
            status: 0,
            error: None,
        });
        let fault = self.faults.apply(to.method, to.path);
        (self.requests.len() - 1, fault, self.limits.count(to.method, to.path))
    }

    /// Notes what was answered.
    pub(crate) fn answered(&mut self, seen: usize, status: u16, error: Option<String>) {
        // A fake may have forgotten its requests meanwhile.
        if let Some(request) = self.requests.get_mut(seen) {
            (request.status, request.error) = (status, error);
        }
    }
}
