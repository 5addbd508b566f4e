import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { LineQuality } from './line-quality.ts';

/** A network of its own on this machine, at the other end of a line. */
export interface FarHost extends Disposable {
  /** Words that run a program there. */
  readonly prefix: readonly string[];
  readonly address: string;
  /** Whether packets are delayed and lost, by netem; without it the line has its rate alone. */
  readonly isDelayed: boolean;
  /** Packets vanish, in both directions, until the line is mended: neither side notices. */
  readonly cut: () => void;
  readonly mend: () => void;
}

const [NEAR, FAR] = [`chaos${process.pid % 100_000}a`, `chaos${process.pid % 100_000}b`];
/** From a block that is kept for tests (RFC 2544). */
const NETWORK = `198.18.${process.pid % 256}`;
const [NEAR_ADDRESS, FAR_ADDRESS] = [`${NETWORK}.1`, `${NETWORK}.2`];

/** Makes one. @returns undefined where this user may not, or the tools or the kernel's part are missing */
export async function openFarHost(quality: LineQuality): Promise<FarHost | undefined> {
  // The network goes with the processes in it, and the line with the network: nothing is left however this one ends.
  const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo && exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const close = (): void => {
    holder.stdin.end();
    run(['ip', 'link', 'del', NEAR]);
  };
  if (!(await hasStarted(holder))) return undefined;
  const inside = ['nsenter', `--net=/proc/${holder.pid}/ns/net`];
  /** Sets what becomes of packets at both ends. */
  const shape = (discipline: readonly string[]): boolean =>
    [
      ['tc', 'qdisc', 'replace', 'dev', NEAR, 'root', ...discipline],
      [...inside, 'tc', 'qdisc', 'replace', 'dev', FAR, 'root', ...discipline],
    ].every(run);
  const { netem, tbf } = disciplinesOf(quality);
  const slow = connect(inside, holder) ? [netem, tbf].find(shape) : undefined;
  if (slow === undefined) {
    close();
    return undefined;
  }
  const become = (discipline: readonly string[]) => (): void => {
    if (!shape(discipline)) throw new Error(`tc refuses ${discipline.join(' ')}`);
  };
  return {
    ...{ prefix: inside, address: FAR_ADDRESS, isDelayed: slow === netem },
    cut: become(['blackhole']),
    mend: become(slow),
    [Symbol.dispose]: close,
  };
}

async function hasStarted(holder: ChildProcess): Promise<boolean> {
  const started = once(holder.stdout ?? holder, 'data').then(() => true);
  const ended = once(holder, 'exit').then(() => false);
  return await Promise.race([started, ended]).catch(() => false);
}

/** Lays a line into the holder's network. */
function connect(inside: readonly string[], holder: ChildProcess): boolean {
  return [
    ['ip', 'link', 'add', NEAR, 'type', 'veth', 'peer', 'name', FAR, 'netns', `${holder.pid}`],
    ['ip', 'addr', 'add', `${NEAR_ADDRESS}/30`, 'dev', NEAR],
    ['ip', 'link', 'set', NEAR, 'up'],
    [...inside, 'ip', 'addr', 'add', `${FAR_ADDRESS}/30`, 'dev', FAR],
    [...inside, 'ip', 'link', 'set', FAR, 'up'],
    [...inside, 'ip', 'link', 'set', 'lo', 'up'],
  ].every(run);
}

/** What may make a line slow. The token bucket's queue holds less than half a second; what finds it full is lost. */
function disciplinesOf({ delayMs, bytesPerSecond }: LineQuality): Record<'netem' | 'tbf', readonly string[]> {
  const rate = ['rate', `${8 * bytesPerSecond}bit`];
  return {
    netem: ['netem', 'delay', `${delayMs}ms`, `${delayMs / 3}ms`, 'loss', '1%', ...rate],
    tbf: ['tbf', ...rate, 'burst', '16kb', 'limit', '100kb'],
  };
}

function run([command = '', ...args]: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
