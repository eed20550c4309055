// A small app on Slack's own Bolt, for one purpose: a client that was made without the fake in mind must agree with it.
// It takes SLACK_BOT_TOKEN, and either SLACK_SIGNING_SECRET, to listen on a free port, or SLACK_APP_TOKEN, for Socket Mode.
// SLACK_API (…/api/) is where the Web API is; without it everything goes to Slack's own names, which SLACK_TLS (host:port)
// stands for, with the authority in NODE_EXTRA_CA_CERTS. It says what it sees as JSON, one object a line.

import { createRequire } from 'node:module';
import process from 'node:process';
import bolt from '@slack/bolt';

const { App, HTTPReceiver, SocketModeReceiver, LogLevel } = bolt;
// The HTTP client that Bolt's WebSocket client is made with.
const require = createRequire(createRequire(import.meta.url).resolve('@slack/socket-mode'));
const { Agent, buildConnector, fetch } = require('undici');

const say = (event, facts = {}) => process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);
const [host, port] = process.env.SLACK_TLS.split(':');

// Slack's names lead to the fake; the name in the certificate stays Slack's.
const connect = buildConnector({ allowH2: false });
const dispatcher = new Agent({
  connect: (options, done) =>
    options.hostname.endsWith('slack.com')
      ? connect({ ...options, servername: options.hostname, hostname: host, host: `${host}:${port}`, port }, done)
      : connect(options, done),
});
const clientOptions = {
  retryConfig: { retries: 2, minTimeout: 10 },
  fetch: (url, init) => fetch(url, { ...init, dispatcher }),
  ...(process.env.SLACK_API ? { slackApiUrl: process.env.SLACK_API } : {}),
};

const logger = {
  debug: () => {},
  info: () => {},
  warn: (...words) => say('warned', { words: words.map(String).join(' ') }),
  error: (...words) => say('failed', { words: words.map(String).join(' ') }),
  setLevel: () => {},
  getLevel: () => LogLevel.WARN,
  setName: () => {},
};
const appToken = process.env.SLACK_APP_TOKEN;
const receiver = appToken
  ? new SocketModeReceiver({ appToken, logger, dispatcher, clientPingTimeout: 2000, installerOptions: { clientOptions } })
  : new HTTPReceiver({ signingSecret: process.env.SLACK_SIGNING_SECRET, logger });
const app = new App({ token: process.env.SLACK_BOT_TOKEN, receiver, clientOptions, logger });

const plain = (text) => ({ type: 'plain_text', text });

app.command('/greet', async ({ command, ack, respond, client, body }) => {
  if (command.text === 'form') {
    await ack();
    const opened = await client.views.open({
      trigger_id: body.trigger_id,
      view: {
        type: 'modal',
        callback_id: 'greeting',
        title: plain('Greet somebody'),
        submit: plain('Greet'),
        blocks: [
          {
            type: 'input',
            block_id: 'whom',
            label: plain('Whom'),
            element: { type: 'external_select', action_id: 'who', min_query_length: 1 },
          },
        ],
      },
    });
    say('opened', { id: opened.view.id });
    return;
  }
  await ack({ response_type: 'ephemeral', text: 'One moment.' });
  const direct = await client.conversations.open({ users: command.user_id });
  const user = await client.users.info({ user: command.user_id, include_locale: true });
  const group = await client.usergroups.users.list({ usergroup: 'S0HELPERS' });
  const text = `Hello, ${command.text}`;
  const written = await client.chat.postMessage({
    channel: direct.channel.id,
    text,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text } },
      { type: 'actions', elements: [{ type: 'button', action_id: 'wave', value: command.text, text: plain('Wave') }] },
    ],
  });
  await respond({ text: `Done for ${command.text}.` });
  say('greeted', {
    name: command.text,
    user: command.user_name,
    channel: command.channel_name,
    locale: user.user.locale,
    group: group.users,
    ts: written.ts,
    said: written.message.text,
    scopes: written.response_metadata.scopes,
    accepted: written.response_metadata.acceptedScopes,
  });
});

app.action('wave', async ({ action, body, ack, respond, client }) => {
  await ack();
  await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text: 'Waved.', blocks: [] });
  await respond({ text: `${body.user.username} waved.`, replace_original: false });
  say('pressed', { value: action.value, text: body.message.text });
});

app.options('who', async ({ payload, ack }) => {
  await ack({ options: [{ text: plain(`${payload.value}!`), value: payload.value }] });
});

app.view('greeting', async ({ view, ack, body, client }) => {
  const who = view.state.values.whom.who.selected_option.value;
  if (who === 'Nobody') {
    await ack({ response_action: 'errors', errors: { whom: 'Somebody, please.' } });
    return;
  }
  await ack();
  await client.chat.postMessage({ channel: body.user.id, text: `Greeted ${who}` });
  say('sent', { who });
});

app.error(async (error) => say('failed', { code: error.code, words: error.message, data: error.data ?? null }));

function refuse(error) {
  say('refused', { code: error.code ?? null, error: error.data?.error ?? null, words: error.message });
  process.exit(1);
}
// Bolt asks who it is as soon as it is made, and lets nobody catch what becomes of that.
process.on('unhandledRejection', refuse);

// The test closes our standard input when it is done, however it ends.
process.stdin.resume();
process.stdin.on('end', async () => {
  await app.stop();
  process.exit(0);
});

try {
  const server = await app.start(appToken ? undefined : { host: '127.0.0.1', port: 0 });
  const me = await app.client.auth.test();
  say('ready', { port: appToken ? null : server.address().port, team: me.team_id, user: me.user_id });
} catch (error) {
  refuse(error);
}
