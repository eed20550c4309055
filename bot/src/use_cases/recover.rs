//! What a process that has ended began and did not finish: nothing is minted for it now, and whoever asked hears that they must ask again.

use std::sync::Arc;

use crate::admin::Platform;
use crate::audit::{About, Closing, DeliveryChannel, Event, Fate, IssuedLink};
use crate::desk::Desk;
use crate::use_cases::close_request::RequestClosings;
use crate::use_cases::in_progress::InProgress;

/// Ends what an earlier process left.
pub(crate) struct Recovery {
    desk: Arc<Desk>,
    in_progress: InProgress<About>,
    closings: Arc<RequestClosings>,
}

impl Recovery {
    pub(crate) fn new(
        desk: &Arc<Desk>,
        in_progress: &InProgress<About>,
        closings: &Arc<RequestClosings>,
    ) -> Self {
        Self { desk: Arc::clone(desk), in_progress: in_progress.clone(), closings: Arc::clone(closings) }
    }

    /// Requests that were approved and have no link, or stand nowhere, and links that were handed over and perhaps seen by nobody, are ended.
    pub(crate) async fn recover(&self) {
        let now = self.desk.now();
        let left = self.desk.audit.look(now, move |memory| {
            let requests: Vec<_> =
                memory.requests().filter(|request| request.is_abandoned(now)).cloned().collect();
            let has_chat =
                |link: &&IssuedLink| !matches!(link.admin.platform, Platform::Console | Platform::Shell);
            let is_good = |link: &&IssuedLink| link.fate(now) == Fate::Outstanding;
            let links: Vec<_> = memory.abandoned(now).filter(has_chat).filter(is_good).cloned().collect();
            (requests, links)
        });
        let (requests, links) = match left.await {
            Ok(left) => left,
            Err(error) => {
                tracing::error!(%error, "the audit cannot be read");
                return;
            }
        };
        for request in
            requests.iter().filter(|request| !self.in_progress.contains(&About::Request(request.id)))
        {
            self.closings.close(request, Closing::Interrupted, None).await;
        }
        for link in links {
            if self.in_progress.contains(&About::Link(link.link_id)) {
                continue;
            }
            let (link_id, admin) = (link.link_id, link.admin);
            let shown = self.desk.audit.transact(self.desk.now(), move |memory| {
                let event = Event::Shown { link_id, admin, way: DeliveryChannel::Nowhere, message: None };
                (memory.is_unseen(link_id).then_some(event), ())
            });
            if let Err(error) = shown.await {
                tracing::error!(%error, "the audit cannot be written: a link that perhaps nobody has seen stays good");
            }
        }
    }
}
