import { connectNatsBus } from '../nats/connect-nats-bus.ts';
import { createRecordingLog } from './recorder.ts';

/** A subscriber that never finishes its first event; the test kills it. Arguments: url, durable name, ackWaitMs. */
const [url = '', durable = '', ackWaitMs = ''] = process.argv.slice(2);
const bus = await connectNatsBus({ url, log: createRecordingLog() });
await bus.subscribe({
  durable,
  subjects: ['sipf.>'],
  ackWaitMs: Number(ackWaitMs),
  handler: async ({ id }) => {
    process.stdout.write(`${id}\n`);
    await new Promise(() => undefined);
  },
});
