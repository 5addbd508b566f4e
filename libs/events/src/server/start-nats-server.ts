import { SipfError } from '@sipf/errors';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MS = 15_000;
const STOP_MS = 5000;

/** A NATS server of our own. */
export interface NatsServer {
  /** `nats://127.0.0.1:<port>`, `tls://` where its configuration has certificates. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Asks it to end, and ends it after 5 s; its store stays. */
  stop(): Promise<void>;
}

/**
 * Starts a nats-server with JetStream on loopback.
 * @throws SipfError `unavailable` with the server's last words when it does not come up.
 */
export async function startNatsServer(options: {
  readonly binary: string;
  /** JetStream's folder; existing streams in it are restored. */
  readonly storeDir: string;
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  /** A nats-server configuration with further settings. @default none */
  readonly configFile?: string;
}): Promise<NatsServer> {
  const { binary, storeDir, port = 0, configFile } = options;
  const portsFolder = await mkdtemp(join(tmpdir(), 'sipf-nats-ports-'));
  const listen = ['--addr', '127.0.0.1', '--port', port === 0 ? '-1' : port.toString()];
  const further = configFile === undefined ? [] : ['--config', configFile];
  const args = [
    ...further,
    ...listen,
    ...['--jetstream', '--store_dir', storeDir, '--ports_file_dir', portsFolder],
  ];
  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = untilEnded(child);
  endWithThisProcess(child.pid);
  try {
    const url = await Promise.race([readPorts(portsFolder, child), ended.then(failedToStart)]);
    return {
      url,
      port: Number(new URL(url).port),
      pid: child.pid ?? 0,
      stop: async () => {
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
        await ended;
        clearTimeout(timer);
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    await rm(portsFolder, { recursive: true, force: true });
  }
}

/** Ends a process whose number is `$1`, if it is still that one, when the standard input ends. */
const WATCH = `
started() { cut -d' ' -f22 "/proc/$1/stat" 2>/dev/null; }
was=$(started "$1")
cat >/dev/null
[ "$(started "$1")" = "$was" ] && kill -9 "$1" 2>/dev/null
`;

/** The server knows nothing of who started it: a shell waits for this process's end, however it comes. */
function endWithThisProcess(pid: number | undefined): void {
  if (pid === undefined) return;
  const watcher = spawn('sh', ['-c', WATCH, 'sh', String(pid)], { stdio: ['pipe', 'ignore', 'ignore'] });
  // Without a shell the server stays until the next start finds it.
  watcher.on('error', () => undefined).unref();
  watcher.stdin.on('error', () => undefined);
  (watcher.stdin as Socket).unref();
}

/** The last line that the server logged, once it has ended. */
async function untilEnded(child: ChildProcess): Promise<string> {
  let last = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    last = text.trim().split('\n').at(-1) ?? last;
  });
  try {
    await once(child, 'close');
    return last;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function failedToStart(lastWords: string): never {
  throw new SipfError('unavailable', `nats-server did not start: ${lastWords}`, {
    reason: 'EVENTS_UNAVAILABLE',
  });
}

/** Waits for the file in which the server writes its addresses. */
async function readPorts(folder: string, child: ChildProcess): Promise<string> {
  const giveUpAt = performance.now() + START_MS;
  while (performance.now() < giveUpAt && child.exitCode === null) {
    const file = join(folder, `nats-server_${String(child.pid)}.ports`);
    const text = await readFile(file, 'utf8').catch(() => '');
    const url = /"((?:nats|tls):\/\/127\.0\.0\.1:\d+)"/.exec(text)?.[1];
    if (url !== undefined) return url;
    await sleep(20);
  }
  return failedToStart(`no port after ${START_MS} ms`);
}
