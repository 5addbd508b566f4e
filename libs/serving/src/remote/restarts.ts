import { SipfError } from '@sipf/errors';
import { ServerFault, type Server, type ServerLease } from '@sipf/openai';
import type { Logger } from '@sipf/service';
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { listModels } from './remote-models.ts';
import { callHook, hookFailed, type RestartHook, type WantedModel } from './restart-hook.ts';
import { SharedTurn } from './shared-turn.ts';
import { SharedWork } from './shared-work.ts';

/** What restarting servers needs of its surroundings. */
export interface RestartSettings {
  readonly hook: RestartHook;
  /** Whether others answer while one server is away. */
  readonly areSeveral: boolean;
  readonly logger: Logger;
  /** Called after every start. */
  readonly onStarted: () => void;
}

/** Time between looks at a server that starts. */
const POLL_MS = 1000;
/** Longest look at one. */
const LOOK_MS = 30_000;
/** How often the log says what is waited for. */
const SAY_MS = 60_000;
/** A start takes minutes: who wants the model that is there goes before those who want another for this long. */
const HOLD_MS = 300_000;

/**
 * Servers that are started anew for each model by a program of whoever runs them. A model is always asked for by its digest, so
 * that a server of another one has no such model; and all who want one have left before the servers get the next.
 */
export class Restarts {
  readonly #settings: RestartSettings;
  readonly #turn = new SharedTurn({ holdMs: HOLD_MS, now: () => performance.now() });
  readonly #work = new SharedWork();
  readonly #oneAtATime = pLimit(1);
  readonly #closing = new AbortController();
  /** The digest that a server was last seen with. */
  #seen: string | undefined;

  constructor(settings: RestartSettings) {
    this.#settings = settings;
  }

  /**
   * Has a server serve a model until the lease ends.
   * @param then what else makes it ready, once it serves the model
   * @throws SipfError failed-precondition BACKEND_HOOK_FAILED for a program that fails, or after which the server does not list
   *   the model; ServerFault
   */
  async lease(
    server: Server,
    model: WantedModel,
    { signal, then }: { readonly signal: AbortSignal; readonly then: () => Promise<ServerLease> },
  ): Promise<ServerLease> {
    const { digest } = model;
    const leave = await this.#turn.enter(digest, signal);
    try {
      if (!(await this.#isServed(server, digest, signal)))
        await this.#work.join(digest, (work) => this.#restart(server, model, work), signal);
      this.#seen = digest;
      const own = await then();
      return {
        holds: async () => (await namesOf(server, signal)).includes(digest) && (await own.holds()),
        [Symbol.dispose]: () => {
          own[Symbol.dispose]();
          leave();
        },
      };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Breaks off what is under way. */
  close(): void {
    this.#closing.abort();
  }

  /** Of several servers one may be away without the others having to be started anew. */
  async #isServed(server: Server, digest: string, signal: AbortSignal): Promise<boolean> {
    try {
      return (await namesOf(server, signal)).includes(digest);
    } catch (error) {
      const isAway = error instanceof ServerFault && error.fault.kind === 'unavailable';
      if (!isAway || (this.#settings.areSeveral && this.#seen === digest)) throw error;
      return false;
    }
  }

  async #restart(server: Server, model: WantedModel, work: AbortSignal): Promise<void> {
    const { program, timeoutMs } = this.#settings.hook;
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([work, this.#closing.signal, deadline]);
    const say = this.#sayer(model.digest);
    try {
      say.what = 'it to end';
      await this.#oneAtATime(() => callHook(this.#settings.hook, model, signal));
      for (;;) {
        const found = await lookAt(server, model.digest, signal);
        if (found === undefined) break;
        say.what = `${server.host} to list ${model.digest}: ${found}`;
        await sleep(POLL_MS, undefined, { signal });
      }
      this.#settings.onStarted();
    } catch (error) {
      if (!deadline.aborted || work.aborted || this.#closing.signal.aborted) throw error;
      throw hookFailed(
        program,
        `was called, and after ${timeoutMs} ms this service still waits for ${say.what}`,
      );
    } finally {
      clearInterval(say.timer);
    }
  }

  #sayer(digest: string): { what: string; readonly timer: NodeJS.Timeout } {
    const { hook, logger } = this.#settings;
    const since = performance.now();
    const timer = setInterval(() => {
      const waitedMs = Math.round(performance.now() - since);
      logger.warn({ digest, waitedMs }, `--backend-hook ${hook.program} was called: waiting for ${say.what}`);
    }, SAY_MS);
    const say = { what: '', timer };
    return say;
  }
}

async function namesOf(server: Server, signal: AbortSignal): Promise<readonly string[]> {
  return (await listModels(server, signal)).map(({ id }) => id);
}

/** Why a server does not serve a model yet; undefined where it does. @throws AbortError; SipfError for a refusal */
async function lookAt(server: Server, digest: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const names = await namesOf(server, AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]));
    if (names.includes(digest)) return undefined;
    return names.length === 0 ? 'it lists none' : `it lists ${names.slice(0, 5).join(', ').slice(0, 400)}`;
  } catch (error) {
    if (signal.aborted || error instanceof SipfError) throw error;
    return `it does not answer (${error instanceof Error ? error.message : String(error)})`;
  }
}
