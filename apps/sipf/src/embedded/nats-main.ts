import { SipfError } from '@sipf/errors';
import { startNatsServer } from '@sipf/events';
import { parseArgs } from 'node:util';

/**
 * Runs a nats-server under the rules of the supervised services: says its address in a line of JSON, ends with standard
 * input and on SIGTERM, and ends when the server does.
 */
const { values } = parseArgs({
  options: {
    binary: { type: 'string', default: 'nats-server' },
    store: { type: 'string', default: '' },
    address: { type: 'string', default: '127.0.0.1:0' },
    'exit-with-parent': { type: 'boolean' },
  },
});
const WATCH_MS = 500;

try {
  const port = Number(values.address.split(':').at(-1));
  const server = await startNatsServer({ binary: values.binary, storeDir: values.store, port });
  const stop = (): void => {
    void server.stop().then(() => process.exit(0));
  };
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, stop);
  process.stdin.on('end', stop).on('error', stop).resume();
  setInterval(() => {
    if (!isRunning(server.pid)) end('nats-server has ended');
  }, WATCH_MS);
  process.stdout.write(`${JSON.stringify({ event: 'listening', address: `127.0.0.1:${server.port}` })}\n`);
} catch (error) {
  end(error instanceof SipfError ? error.message : String(error));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function end(message: string): never {
  process.stderr.write(`${JSON.stringify({ level: 'fatal', msg: message })}\n`);
  process.exit(69);
}
