// A small bot on Mattermost's own client, for one purpose: a client that was made without the fake in mind must agree
// with it. It takes MATTERMOST_URL, MATTERMOST_TOKEN, MATTERMOST_USER, MATTERMOST_CHANNEL and MATTERMOST_TEAM, and says
// what it sees as JSON, one object a line.

import process from 'node:process';
import mattermost from '@mattermost/client';

const { Client4, ClientError } = mattermost;

const { MATTERMOST_URL, MATTERMOST_TOKEN, MATTERMOST_USER, MATTERMOST_CHANNEL, MATTERMOST_TEAM } = process.env;

const say = (event, facts = {}) => process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);

const client = new Client4();
client.setUrl(MATTERMOST_URL);
client.setToken(MATTERMOST_TOKEN);
client.setIncludeCookies(false);

/** What is refused, in the client's own words. */
async function refusal(asking) {
  try {
    await asking;
    return null;
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    return { status: error.status_code ?? null, id: error.server_error_id ?? null, message: error.message };
  }
}

const button = {
  id: 'wave',
  name: 'Wave',
  type: 'button',
  style: 'primary',
  integration: { url: 'http://127.0.0.1:9/mattermost/interactive', context: { seal: 'secret' } },
};

async function run() {
  const me = await client.getMe();
  const user = await client.getUser(MATTERMOST_USER);
  const member = await client.getTeamMember(MATTERMOST_TEAM, MATTERMOST_USER);
  const channel = await client.getChannel(MATTERMOST_CHANNEL);
  const own = await client.getChannelMember(MATTERMOST_CHANNEL, me.id);
  say('ready', {
    me: { id: me.id, bot: me.is_bot },
    user: { username: user.username, locale: user.locale },
    member: { user: member.user_id, roles: member.roles },
    channel: channel.name,
    own: own.user_id,
    version: client.getServerVersion(),
  });

  const direct = await client.createDirectChannel([me.id, user.id]);
  const post = await client.createPost({
    channel_id: direct.id,
    message: 'Hello',
    props: { attachments: [{ text: 'Do you see me?', actions: [button] }] },
  });
  const patched = await client.patchPost({ id: post.id, message: 'Hello again' });
  const read = await client.getPost(post.id);
  say('written', {
    direct: { type: direct.type, name: direct.name },
    post: { id: post.id, message: post.message, actions: post.props.attachments[0].actions },
    patched: { message: patched.message, edited: patched.edit_at > 0, attachments: patched.props.attachments.length },
    read: read.message,
  });

  const whisper = await client.createPostEphemeral(user.id, { channel_id: MATTERMOST_CHANNEL, message: 'Psst' });
  const brief = await client.createPost({ channel_id: MATTERMOST_CHANNEL, message: 'Gone soon' });
  const deleted = await client.deletePost(brief.id);
  say('whispered', { type: whisper.type, deleted: deleted.status });

  const nowhere = 'y'.repeat(26);
  say('refused', {
    user: await refusal(client.getUser(nowhere)),
    channel: await refusal(client.getChannel(nowhere)),
    post: await refusal(client.createPost({ channel_id: nowhere, message: 'Hello' })),
    long: await refusal(client.createPost({ channel_id: direct.id, message: 'x'.repeat(16384) })),
  });
}

const refused = await refusal(run());
if (refused) {
  say('failed', refused);
  process.exit(1);
}
