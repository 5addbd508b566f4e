import { orAborted } from '@sipf/async';
import { SipfError } from '@sipf/errors';
import { ServerFault, type Server, type ServerLease } from '@sipf/openai';
import type { Backend } from './backend-settings.ts';
import type { Connection } from './connection.ts';
import { VLLM_MAX_RANK } from './handed-over-adapter.ts';
import { isHookFailure } from './restart-hook.ts';
import { Restarts } from './restarts.ts';
import type { ServerFacts } from './server-facts.ts';
import { ServerLooks } from './server-looks.ts';
import { ServerWeights } from './server-weights.ts';

/** A base that is asked of every server. */
export interface AskedBase {
  /** The servers' name of it. */
  readonly name: string;
  readonly digest: string;
  readonly folder: string;
}

/** Longest wait for a server to say which models it holds, or to load weights. */
const CONFIRM_MS = 1_800_000;
/** Longest wait for a server to say what it is when a service starts. */
const GREET_MS = 3000;

type Settings = Pick<Connection, 'endpoint' | 'servers' | 'logger' | 'weights' | 'hook'> &
  Pick<Backend, 'dialect'> &
  Partial<Pick<Backend, 'adapter'>>;

/**
 * The servers of a backend: each is looked at before its first request, and again after it failed, since what replaces it may
 * be another.
 */
export class RemoteServers {
  readonly #settings: Settings;
  readonly #weights: ServerWeights;
  readonly #restarts: Restarts | undefined;
  readonly #looks: ServerLooks;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#weights = new ServerWeights(settings.weights);
    this.#looks = new ServerLooks(settings);
    const { hook, logger, servers } = settings;
    if (hook !== undefined)
      this.#restarts = new Restarts({
        ...{ hook, logger, areSeveral: servers.areSeveral },
        onStarted: () => {
          this.#looks.forget();
        },
      });
  }

  /** What the servers say of themselves. */
  get facts(): readonly ServerFacts[] {
    return this.#looks.facts;
  }

  /** Looks at the servers that can be reached at once, before there is a model to ask for. */
  async greet(): Promise<void> {
    const signal = AbortSignal.timeout(GREET_MS);
    const { endpoint, logger } = this.#settings;
    try {
      const servers = await orAborted(endpoint.each(), signal);
      await orAborted(Promise.all(servers.map((server) => this.#looks.greet(server, signal))), signal);
    } catch (error) {
      // It is looked at before its first request.
      logger.info(`a server of the backend does not say yet what it is: ${(error as Error).message}`);
    }
  }

  /** Highest rank of an adapter that every server takes; undefined where none says. */
  get maxLoraRank(): number | undefined {
    return least(
      this.facts.map(
        ({ maxLoraRank, version }) => maxLoraRank ?? (version === undefined ? null : VLLM_MAX_RANK),
      ),
    );
  }

  /**
   * Looks at every server that can be reached, at one at least.
   * @returns the longest sequence that all of them take; undefined where none says
   * @throws SipfError MODEL_NOT_LOADED where one has no such model; as Restarts
   */
  async confirm(base: AskedBase, signal = this.#confirmSignal()): Promise<number | undefined> {
    const { endpoint } = this.#settings;
    // One is waited for as for any answer; the others have their turn when they are there.
    const lease = (server: Server) => this.lease(base, server, signal);
    await endpoint.get('models', { signal, parse: () => true, lease });
    for (const server of await endpoint.each()) {
      await this.#ready(server, base, signal).catch((error: unknown) => {
        if (!(error instanceof ServerFault)) throw error;
        this.#settings.logger.warn(
          { server: server.host },
          `a server of the backend is away: ${error.message}`,
        );
      });
    }
    const cards = this.#looks.known.filter(({ name }) => name === base.name).map(({ card }) => card);
    const longest = least(cards.map(({ max_model_len: length }) => length));
    if (longest !== undefined) this.#looks.promise(base.name, longest);
    return longest;
  }

  /** Makes a server ready for a request of a base. @throws SipfError MODEL_NOT_LOADED; ServerFault */
  async lease(base: AskedBase, server: Server, signal: AbortSignal): Promise<ServerLease> {
    const then = async (): Promise<ServerLease> => {
      const { facts } = await this.#looks.look(server, base.name, signal);
      return await this.#weights.lease(server, base.digest, { facts, signal });
    };
    try {
      return await (this.#restarts?.lease(server, base, { signal, then }) ?? then());
    } catch (error) {
      const isFinal = !this.#settings.servers.areSeveral || isHookFailure(error);
      if (!(error instanceof SipfError) || isFinal) throw error;
      // Others may be right, and this one after its next start.
      throw new ServerFault({
        kind: 'unavailable',
        why: `${server.host}: ${error.message}`,
        retryAfter: undefined,
      });
    }
  }

  /** Looks at the servers again, e.g. after one has lost the model. @throws as confirm */
  async reconfirm(base: AskedBase, signal: AbortSignal): Promise<void> {
    this.#looks.forget();
    await this.confirm(base, signal);
  }

  /** Breaks off starts of servers that are under way. */
  close(): void {
    this.#restarts?.close();
  }

  #confirmSignal(): AbortSignal {
    return AbortSignal.timeout(CONFIRM_MS + (this.#settings.hook?.timeoutMs ?? 0));
  }

  async #ready(server: Server, base: AskedBase, signal: AbortSignal): Promise<void> {
    if (this.#restarts === undefined) await this.#looks.look(server, base.name, signal);
    else (await this.lease(base, server, signal))[Symbol.dispose]();
  }
}

function least(values: readonly (number | null | undefined)[]): number | undefined {
  const known = values.filter((value) => typeof value === 'number');
  return known.length === 0 ? undefined : Math.min(...known);
}
