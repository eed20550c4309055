//! Direct messages and posts in channels.

use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::{Answer, Call, Outcome};
use crate::fakes::mattermost::ids::is_id;
use crate::fakes::mattermost::post::{Origin, Place};
use crate::fakes::mattermost::refusal::Refusal;
use crate::fakes::mattermost::world::{Draft, World};
use crate::fakes::mattermost::{objects, rules};

/// For how long a post with the same `pending_post_id` is the same post.
const SAME_POST: SignedDuration = SignedDuration::from_secs(30);

/// The channel of direct messages with one person: the same one every time.
pub(super) fn open_direct(call: &Call<'_>) -> Outcome {
    let shared = call.shared;
    let bot = shared.settings.bot.as_str();
    let ids: Vec<&str> = call.body.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let [one, other] = ids.as_slice() else { return Err(Refusal::bad_body("user_ids")) };
    if !is_id(one) || !is_id(other) {
        return Err(Refusal::bad_body("user_id"));
    }
    let user = match (*one == bot, *other == bot) {
        (true, _) => *other,
        (false, true) => *one,
        (false, false) => return Err(Refusal::not_permitted()),
    };
    shared.user(user).filter(|_| user != bot).ok_or_else(Refusal::invalid_user)?;
    shared.with(|world| {
        if world.direct.is_closed(user) {
            return Err(Refusal::not_permitted());
        }
        let channel = world.direct_with(user);
        Answer::created(objects::direct_channel(shared, &channel, user))
    })
}

/// Where the bot would write, if it may.
fn writable(call: &Call<'_>, world: &World, channel: &str) -> Result<Place, Refusal> {
    if let Some(user) = world.direct.recipient(channel) {
        return if world.direct.is_closed(&user) {
            Err(Refusal::not_permitted())
        } else {
            Ok(world.place(channel))
        };
    }
    match call.shared.channel(channel) {
        Some(known) if known.bot_is_member => Ok(world.place(channel)),
        _ => Err(Refusal::not_permitted()),
    }
}

/// A text of the body, which has to be one where it is there.
fn text(body: &Value, name: &str) -> Result<String, Refusal> {
    match &body[name] {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        _ => Err(Refusal::bad_body("post")),
    }
}

fn props(body: &Value) -> Result<Option<Map<String, Value>>, Refusal> {
    match &body["props"] {
        Value::Null => Ok(None),
        Value::Object(props) => Ok(Some(props.clone())),
        _ => Err(Refusal::bad_body("post")),
    }
}

pub(super) fn create(call: &Call<'_>) -> Outcome {
    let shared = call.shared;
    let (channel, message) = (text(call.body, "channel_id")?, text(call.body, "message")?);
    let (props, pending) = (props(call.body)?.unwrap_or_default(), text(call.body, "pending_post_id")?);
    shared.with(|world| {
        let place = writable(call, world, &channel)?;
        let now = shared.now();
        let same = world.posts.iter().find(|post| {
            !pending.is_empty()
                && post.pending == pending
                && now.as_millisecond() - post.created < i64::try_from(SAME_POST.as_millis()).unwrap_or(0)
        });
        if let Some(same) = same {
            return Answer::created(objects::post(shared, same));
        }
        if let Err(refusal) = rules::storable(&message, &props) {
            world.report("POST /posts", &rules::broken(&message, &props));
            return Err(refusal);
        }
        let author = &shared.settings.bot;
        let body = call.body.clone();
        let origin = Origin::Api;
        let draft = Draft { channel: &channel, place, author, origin, message, props, body };
        let mut post = shared.write(world, draft);
        post.pending.clone_from(&pending);
        if let Some(stored) = world.post(&post.id) {
            stored.pending = pending;
        }
        Answer::created(objects::post(shared, &post))
    })
}

pub(super) fn create_ephemeral(call: &Call<'_>) -> Outcome {
    let shared = call.shared;
    let user = text(call.body, "user_id")?;
    if user.is_empty() {
        return Err(Refusal::bad_body("user_id"));
    }
    let body = &call.body["post"];
    if !body.is_object() {
        return Err(Refusal::bad_body("post"));
    }
    let (channel, message) = (text(body, "channel_id")?, text(body, "message")?);
    let props = props(body)?.unwrap_or_default();
    shared.with(|world| {
        if !world.may_post_ephemeral {
            return Err(Refusal::not_permitted());
        }
        // Mattermost says nothing of it: nobody sees such a post.
        let is_there = match (world.direct.recipient(&channel), shared.channel(&channel)) {
            (Some(recipient), _) => recipient == user,
            (None, Some(known)) => shared.is_in(known, &user),
            (None, None) => false,
        };
        if !is_there {
            world.report("POST /posts/ephemeral", &["the user is not in the channel".to_owned()]);
        }
        let place = Place::Ephemeral { user, channel: channel.clone() };
        let author = &shared.settings.bot;
        let draft = Draft {
            channel: &channel,
            place,
            author,
            origin: Origin::Api,
            message,
            props,
            body: body.clone(),
        };
        let post = shared.write(world, draft);
        Answer::created(objects::post(shared, &post))
    })
}

/// A post of the bot's own that is stored and has not been deleted. An ephemeral one never is.
fn own(call: &Call<'_>, world: &World) -> Result<String, Refusal> {
    let id = call.id(1, "post_id")?;
    let post = world.posts.iter().find(|post| post.id == id && !post.deleted && !post.is_ephemeral());
    let post = post.filter(|post| post.author == call.shared.settings.bot);
    // Whether there is such a post is nobody's business.
    post.map(|post| post.id.clone()).ok_or_else(Refusal::not_permitted)
}

pub(super) fn show(call: &Call<'_>) -> Outcome {
    let id = call.id(1, "post_id")?;
    call.shared.peek(|world| {
        let post = world.posts.iter().find(|post| post.id == id && !post.deleted && !post.is_ephemeral());
        let post = post.ok_or_else(Refusal::no_such_post)?;
        Answer::ok(objects::post(call.shared, post))
    })
}

/// The whole post anew: what is not given is gone.
pub(super) fn update(call: &Call<'_>) -> Outcome {
    if call.body["id"] != call.id(1, "post_id")? {
        return Err(Refusal::bad_body("id"));
    }
    let message = text(call.body, "message")?;
    let props = props(call.body)?.unwrap_or_default();
    change(call, Some(message), Some(props))
}

/// What is given anew: the rest stays.
pub(super) fn patch(call: &Call<'_>) -> Outcome {
    let message = if call.body["message"].is_null() { None } else { Some(text(call.body, "message")?) };
    change(call, message, props(call.body)?)
}

fn change(call: &Call<'_>, message: Option<String>, props: Option<Map<String, Value>>) -> Outcome {
    let shared = call.shared;
    shared.with(|world| {
        let id = own(call, world)?;
        let checked =
            rules::storable(message.as_deref().unwrap_or_default(), props.as_ref().unwrap_or(&Map::new()));
        if let Err(refusal) = checked {
            world.report("PUT /posts", std::slice::from_ref(&refusal.message));
            return Err(refusal);
        }
        let post =
            shared.rewrite(world, &id, message, props, call.body).ok_or_else(Refusal::not_permitted)?;
        Answer::ok(objects::post(shared, &post))
    })
}

pub(super) fn delete(call: &Call<'_>) -> Outcome {
    call.shared.with(|world| {
        let id = own(call, world)?;
        if let Some(post) = world.post(&id) {
            post.deleted = true;
        }
        Answer::ok(json!({ "status": "OK" }))
    })
}
