import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';

/** The targets of {@link trespass}, as JSON on the standard input of the program. */
export interface Targets {
  /** A port of loopback with a listener. */
  readonly port: number;
  /** A file with a secret. */
  readonly secret: string;
  /** Files to try to write. */
  readonly writable: readonly string[];
  /** A process of the service's user. */
  readonly pid: number;
}

/** Each attempt: `done`, or the code of the error that refused it. */
export type Trespasses = Readonly<Record<string, string>>;

// The launcher starts this program like one of the sandbox's children; it tries everything that they must not do.
const targets = JSON.parse(readFileSync(0, 'utf8')) as Targets;
process.stdout.write(`${JSON.stringify(await trespass(targets))}\n`);

async function trespass({ port, secret, writable, pid }: Targets): Promise<Trespasses> {
  const write = (file: string) => () => {
    writeFileSync(file, 'x');
  };
  return {
    connect: await attemptConnection(port),
    read: attempt(() => readFileSync(secret)),
    shadow: attempt(() => readFileSync('/etc/shadow')),
    environment: attempt(() => readFileSync(`/proc/${pid}/environ`)),
    signal: attempt(() => process.kill(pid, 0)),
    superuser: attempt(() => process.setuid?.(0)),
    anotherUser: attempt(() => process.setuid?.(1)),
    spawn: attempt(() => {
      const { error } = spawnSync('/bin/sh', ['-c', 'true']);
      if (error !== undefined) throw error;
    }),
    ...Object.fromEntries(writable.map((file) => [`write ${file}`, attempt(write(file))])),
  };
}

function attempt(trespassing: () => unknown): string {
  try {
    trespassing();
    return 'done';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

function attemptConnection(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve('done');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.message);
    });
  });
}
