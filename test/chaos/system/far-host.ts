import { spawnSync } from 'node:child_process';

/** A network of its own on this machine, at the other end of a line whose quality can be set. */
export interface FarHost extends Disposable {
  /** Words that run a program there. */
  readonly prefix: readonly string[];
  readonly address: string;
  /** @param netem what tc-netem makes of packets in both directions; nothing where empty */
  shape(netem: readonly string[]): Promise<void>;
}

const NAME = `sipf-chaos-${process.pid}`;
const [NEAR, FAR] = [`chaos${process.pid % 100_000}a`, `chaos${process.pid % 100_000}b`];
/** From a block that is kept for tests (RFC 2544). */
const [NEAR_ADDRESS, FAR_ADDRESS] = ['198.18.77.1', '198.18.77.2'];

/** Makes one. @returns undefined where this user may not, or the tools or the kernel's part are missing */
export function openFarHost(): FarHost | undefined {
  const inside = ['ip', 'netns', 'exec', NAME];
  const made = [
    ['ip', 'netns', 'add', NAME],
    ['ip', 'link', 'add', NEAR, 'type', 'veth', 'peer', 'name', FAR],
    ['ip', 'link', 'set', FAR, 'netns', NAME],
    ['ip', 'addr', 'add', `${NEAR_ADDRESS}/30`, 'dev', NEAR],
    ['ip', 'link', 'set', NEAR, 'up'],
    [...inside, 'ip', 'addr', 'add', `${FAR_ADDRESS}/30`, 'dev', FAR],
    [...inside, 'ip', 'link', 'set', FAR, 'up'],
    [...inside, 'ip', 'link', 'set', 'lo', 'up'],
    ['tc', 'qdisc', 'replace', 'dev', NEAR, 'root', 'netem', 'delay', '1ms'],
    ['tc', 'qdisc', 'del', 'dev', NEAR, 'root'],
  ].every(run);
  const close = (): void => {
    run(['ip', 'netns', 'del', NAME]);
  };
  if (!made) {
    close();
    return undefined;
  }
  return {
    prefix: inside,
    address: FAR_ADDRESS,
    shape: (netem) => {
      for (const [words, device] of [
        [[], NEAR],
        [inside, FAR],
      ] as const) {
        run([...words, 'tc', 'qdisc', 'del', 'dev', device, 'root']);
        if (netem.length === 0) continue;
        if (!run([...words, 'tc', 'qdisc', 'add', 'dev', device, 'root', 'netem', ...netem]))
          return Promise.reject(new Error(`tc refuses ${netem.join(' ')}`));
      }
      return Promise.resolve();
    },
    [Symbol.dispose]: close,
  };
}

function run([command = '', ...args]: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
