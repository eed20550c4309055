//! `views.*`: what the bot opens in front of somebody.

use serde_json::{Value, json};

use super::{Call, Outcome, Refusal};
use crate::fakes::slack::blocks;

/// The view in the arguments, held to Slack's rules.
fn view(call: &Call<'_>, method: &str) -> Result<Value, Refusal> {
    let Ok(Some(view)) = call.arguments.parts("view") else { return Err("invalid_arguments".into()) };
    let found = blocks::view(&view);
    call.shared.with(|world| found.report(method, world));
    match found.refusal() {
        Some((_, messages)) => Err(Refusal::with(
            "invalid_arguments",
            json!({ "response_metadata": { "messages": blocks::as_errors(&messages) } }),
        )),
        None => Ok(view),
    }
}

fn shown(call: &Call<'_>, id: &str) -> Outcome {
    let view = call.shared.peek(|world| world.views.iter().find(|view| view.id == id).cloned());
    let view = view.ok_or("not_found")?;
    Ok(json!({ "view": view.object(call.shared, &json!({})) }))
}

fn open_on(call: &Call<'_>, method: &str, on_top: bool) -> Outcome {
    let view = view(call, method)?;
    let trigger = call.arguments.text("trigger_id").ok_or("invalid_arguments")?;
    let now = call.shared.now();
    let id = call.shared.with(|world| {
        let user = world.pull(&trigger, now)?;
        let mut open: Vec<String> = world
            .views
            .iter()
            .filter(|view| view.user == user && view.is_open)
            .map(|view| view.id.clone())
            .collect();
        if on_top && open.len() >= 3 {
            return Err(Refusal::from("push_limit_reached"));
        }
        let below = open.pop();
        if !on_top && let Some(below) = below.as_deref() {
            world.close_view(below, true);
        }
        Ok(world.open_view(user, &view, below.filter(|_| on_top)))
    })?;
    shown(call, &id)
}

pub(super) fn open(call: &Call<'_>) -> Outcome {
    open_on(call, "views.open", false)
}

pub(super) fn push(call: &Call<'_>) -> Outcome {
    open_on(call, "views.push", true)
}

pub(super) fn update(call: &Call<'_>) -> Outcome {
    let view = view(call, "views.update")?;
    let (id, external) = (call.arguments.text("view_id"), call.arguments.text("external_id"));
    let hash = call.arguments.text("hash");
    let id = call.shared.with(|world| {
        let found = world.views.iter().rev().find(|view| {
            let external =
                external.as_deref().is_some_and(|external| view.content["external_id"] == *external);
            view.is_open && (id.as_deref() == Some(view.id.as_str()) || external)
        });
        let found = found.ok_or("not_found")?;
        if hash.is_some_and(|hash| hash != found.hash) {
            return Err(Refusal::from("hash_conflict"));
        }
        let id = found.id.clone();
        world.update_view(&id, &view);
        Ok(id)
    })?;
    shown(call, &id)
}
