// Says whether Bolt takes requests for Slack's: one JSON object a line on standard input, {"secret", "timestamp",
// "signature", "body", "now"} with `now` in seconds, and for each a line {"valid", "why"} on standard output.

import { createInterface } from 'node:readline';
import process from 'node:process';
import { createRequire } from 'node:module';
import path from 'node:path';

// Bolt keeps its verifier to itself: no path of the package leads to it.
const require = createRequire(import.meta.url);
const { verifySlackRequest } = require(path.join(path.dirname(require.resolve('@slack/bolt')), 'receivers/verify-request.js'));

for await (const line of createInterface({ input: process.stdin })) {
  const { secret, timestamp, signature, body, now } = JSON.parse(line);
  let why = null;
  try {
    verifySlackRequest({
      signingSecret: secret,
      body,
      headers: { 'x-slack-signature': signature, 'x-slack-request-timestamp': timestamp },
      nowMilliseconds: now * 1000,
    });
  } catch (error) {
    why = error.message;
  }
  process.stdout.write(`${JSON.stringify({ valid: why === null, why })}\n`);
}
