import type { NatsServer } from '@sipf/events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startNats } from '../../support/nats.ts';

const WATCH_MS = 50;

/** @param folder for the store of JetStream */
export async function startKeptNats(folder: string): Promise<KeptNats> {
  const kept = new KeptNats(folder, await startNats(join(folder, 'store')));
  return kept;
}

/** A nats-server that is started again on its port and its store whenever it ends. */
export class KeptNats implements AsyncDisposable {
  /** Holds the number of the process. */
  readonly pidFile: string;
  restarts = 0;
  readonly #store: string;
  readonly #stopping = new AbortController();
  readonly #kept: Promise<void>;
  #server: NatsServer | undefined;
  readonly #first: NatsServer;
  #isLost = false;

  constructor(folder: string, server: NatsServer) {
    this.#store = join(folder, 'store');
    this.pidFile = join(folder, 'pid');
    this.#first = server;
    this.#take(server);
    this.#kept = this.#keep();
  }

  get url(): string {
    return this.#first.url;
  }

  /** 0 between two starts. */
  get pid(): number {
    return this.#server?.pid ?? 0;
  }

  /** The next start finds an empty store. */
  loseStore(): void {
    this.#isLost = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#kept;
    await this.#server?.stop();
  }

  #take(server: NatsServer): void {
    this.#server = server;
    writeFileSync(this.pidFile, String(server.pid));
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stopping;
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      await sleep(WATCH_MS, undefined, { signal }).catch(() => undefined);
      if (isOver() || isAlive(this.pid)) continue;
      this.#server = undefined;
      if (this.#isLost) rmSync(this.#store, { recursive: true, force: true });
      this.#isLost = false;
      this.#take(await startNats(this.#store, { port: this.#first.port }));
      this.restarts += 1;
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
