// A small bot on discord.js, for one purpose: a client that was made without the fake in mind must agree with it.
// It takes DISCORD_API (…/api) and DISCORD_TOKEN, and says what it sees as JSON, one object a line.

import process from 'node:process';
import {
  ActionRowBuilder,
  ButtonBuilder,
  ButtonStyle,
  Client,
  DiscordAPIError,
  Events,
  GatewayIntentBits,
  MessageFlags,
  SlashCommandBuilder,
} from 'discord.js';

const say = (event, facts = {}) => process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);

const client = new Client({
  intents: [GatewayIntentBits.Guilds],
  rest: { api: process.env.DISCORD_API, version: '10' },
});

const command = new SlashCommandBuilder()
  .setName('greet')
  .setDescription('Greets somebody')
  .setDescriptionLocalization('de', 'Grüßt jemanden')
  .setDefaultMemberPermissions(0x20n)
  .addStringOption((option) =>
    option.setName('name').setDescription('Whom to greet').setRequired(true).setAutocomplete(true));

client.once(Events.ClientReady, async (ready) => {
  const guilds = ready.guilds.cache.map((guild) => ({
    id: guild.id,
    name: guild.name,
    channels: guild.channels.cache.size,
    roles: guild.roles.cache.size,
  }));
  for (const guild of ready.guilds.cache.values()) {
    await guild.commands.set([command]);
  }
  const registered = await ready.application.commands.fetch({ guildId: guilds[0].id, withLocalizations: true });
  say('ready', {
    user: ready.user.username,
    guilds,
    commands: registered.map((known) => ({ name: known.name, german: known.descriptionLocalizations?.de ?? null })),
  });
});

async function greet(interaction) {
  await interaction.deferReply({ flags: MessageFlags.Ephemeral });
  const name = interaction.options.getString('name', true);
  const wave = new ButtonBuilder().setCustomId('wave').setLabel('Wave').setStyle(ButtonStyle.Primary);
  let direct;
  try {
    const message = await interaction.user.send({
      content: `Hello, ${name}`,
      components: [new ActionRowBuilder().addComponents(wave)],
      flags: MessageFlags.SuppressEmbeds,
      allowedMentions: { parse: [] },
    });
    direct = { id: message.id, channel: message.channelId };
  } catch (error) {
    if (!(error instanceof DiscordAPIError)) throw error;
    direct = { code: error.code, message: error.message };
  }
  const answer = await interaction.editReply({ content: `Done for ${name}.`, allowedMentions: { parse: [] } });
  const further = await interaction.followUp({ content: 'Anything else?', flags: MessageFlags.Ephemeral });
  say('greeted', {
    name,
    direct,
    guild: interaction.guild.name,
    locale: interaction.locale,
    guildLocale: interaction.guildLocale,
    roles: [...interaction.member.roles.cache.keys()],
    maySend: interaction.appPermissions.has('SendMessages'),
    answer: { content: answer.content, ephemeral: answer.flags.has(MessageFlags.Ephemeral) },
    further: further.content,
  });
}

client.on(Events.InteractionCreate, async (interaction) => {
  try {
    if (interaction.isAutocomplete()) {
      const typed = interaction.options.getFocused();
      await interaction.respond([{ name: `${typed}!`, value: typed }]);
    } else if (interaction.isChatInputCommand()) {
      await greet(interaction);
    } else if (interaction.isButton()) {
      const told = await interaction.update({ content: 'Waved.', components: [], withResponse: true });
      say('pressed', {
        id: interaction.customId,
        inGuild: interaction.inGuild(),
        content: told.resource.message.content,
      });
    }
  } catch (error) {
    say('failed', { code: error.code ?? null, message: error.message });
  }
});

client.on(Events.ShardReconnecting, () => say('reconnecting'));
client.on(Events.ShardResume, (_shard, replayed) => say('resumed', { replayed }));
client.on(Events.ShardDisconnect, (closed) => say('disconnected', { code: closed.code }));
client.on(Events.Invalidated, () => say('invalidated'));
client.rest.on('rateLimited', (limit) => say('rateLimited', { wait: limit.timeToReset, global: limit.global }));

// The test closes our standard input when it is done, however it ends.
process.stdin.resume();
process.stdin.on('end', async () => {
  await client.destroy();
  process.exit(0);
});

try {
  await client.login(process.env.DISCORD_TOKEN);
} catch (error) {
  say('refused', { code: error.code ?? null, message: error.message });
  process.exit(1);
}
