import { orAborted } from '@sipf/async';
import { SipfError } from '@sipf/errors';
import { ServerFault, type Server, type ServerLease } from '@sipf/openai';
import type { Backend } from './backend-settings.ts';
import type { Connection } from './connection.ts';
import { VLLM_MAX_RANK } from './handed-over-adapter.ts';
import { versionWarning } from './known-versions.ts';
import { findModel, type Card } from './remote-models.ts';
import { isHookFailure } from './restart-hook.ts';
import { Restarts } from './restarts.ts';
import { readServerFacts, type ServerFacts } from './server-facts.ts';
import { ServerWeights } from './server-weights.ts';

/** A base that is asked of every server. */
export interface AskedBase {
  /** The servers' name of it. */
  readonly name: string;
  readonly digest: string;
  readonly folder: string;
}

/** What a server was found to be when it was first asked. */
interface Admitted {
  readonly name: string;
  readonly facts: ServerFacts;
  readonly card: Card;
}

/** A look at a server, and when it began. */
interface Look {
  readonly at: number;
  readonly admitted: Promise<Admitted>;
}

/** A server may have been started anew without a request that failed, so that it is looked at again. */
const FRESH_MS = 60_000;
/** Longest look at a server; vLLM's account of itself takes seconds. */
const LOOK_MS = 300_000;

/** Longest wait for a server to say which models it holds, or to load weights. */
const CONFIRM_MS = 1_800_000;

type Settings = Pick<Connection, 'endpoint' | 'servers' | 'logger' | 'weights' | 'hook'> &
  Pick<Backend, 'dialect'>;

/**
 * The servers of a backend: each is looked at before its first request, and again after it failed, since what replaces it may
 * be another.
 */
export class RemoteServers {
  readonly #settings: Settings;
  readonly #weights: ServerWeights;
  readonly #restarts: Restarts | undefined;
  #admitted = new WeakMap<Server, Map<string, Look>>();
  /** The last of each server and model, for what is asked of all. */
  readonly #known = new Map<string, Admitted>();
  /** What was promised of a model's longest sequence, by the model's name. */
  readonly #longest = new Map<string, number>();
  readonly #warned = new Set<string>();

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#weights = new ServerWeights(settings.weights);
    const { hook, logger, servers } = settings;
    if (hook !== undefined)
      this.#restarts = new Restarts({
        ...{ hook, logger, areSeveral: servers.areSeveral },
        onStarted: () => {
          this.#admitted = new WeakMap();
        },
      });
  }

  /** What the servers say of themselves. */
  get facts(): readonly ServerFacts[] {
    return [...this.#known.values()].map(({ facts }) => facts);
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
    const cards = [...this.#known.values()].filter(({ name }) => name === base.name).map(({ card }) => card);
    const longest = least(cards.map(({ max_model_len: length }) => length));
    if (longest !== undefined) this.#longest.set(base.name, longest);
    return longest;
  }

  /** Makes a server ready for a request of a base. @throws SipfError MODEL_NOT_LOADED; ServerFault */
  async lease(base: AskedBase, server: Server, signal: AbortSignal): Promise<ServerLease> {
    const then = async (): Promise<ServerLease> => {
      const { facts } = await this.#admit(server, base, signal);
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
    this.#admitted = new WeakMap();
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
    if (this.#restarts === undefined) await this.#admit(server, base, signal);
    else (await this.lease(base, server, signal))[Symbol.dispose]();
  }

  async #admit(server: Server, { name }: AskedBase, signal: AbortSignal): Promise<Admitted> {
    const looks = this.#admitted.get(server) ?? new Map<string, Look>();
    this.#admitted.set(server, looks);
    const before = looks.get(name);
    if (before !== undefined && performance.now() - before.at < FRESH_MS)
      return await orAborted(before.admitted, signal);
    const look = { at: performance.now(), admitted: this.#look(server, name) };
    looks.set(name, look);
    // One look for all; where one of them gives up, it goes on.
    look.admitted.catch(() => looks.delete(name));
    return await orAborted(look.admitted, signal);
  }

  async #look(server: Server, name: string): Promise<Admitted> {
    const signal = AbortSignal.timeout(LOOK_MS);
    const card = await findModel(server, name, signal);
    const facts = this.#settings.dialect === 'vllm' ? await readServerFacts(server, signal) : {};
    const admitted = { name, facts, card };
    this.#checkSame(server, admitted);
    this.#warn(facts);
    this.#known.set(`${server.host} ${name}`, admitted);
    return admitted;
  }

  /** What was promised before: a server that takes less would refuse prompts, and another folder is another model. */
  #checkSame({ host }: Server, { name, card }: Admitted): void {
    const { root, max_model_len: length } = card;
    const longest = this.#longest.get(name) ?? 0;
    if ((length ?? Infinity) < longest)
      throw changed(
        `the backend ${host} takes sequences of ${String(length)} tokens, before it was ${longest}: start it with --max-model-len ${longest}`,
      );
    const before = this.#known.get(`${host} ${name}`)?.card.root;
    if (typeof before === 'string' && typeof root === 'string' && before !== root)
      throw changed(`the backend ${host} serves another folder as ${name} than it did before`);
  }

  #warn({ version }: ServerFacts): void {
    if (this.#settings.dialect !== 'vllm') return;
    const warning = versionWarning(version);
    if (warning === undefined || this.#warned.has(warning)) return;
    this.#warned.add(warning);
    this.#settings.logger.warn({ version }, warning);
  }
}

function changed(message: string): SipfError {
  return new SipfError('failed-precondition', message, { reason: 'MODEL_NOT_LOADED' });
}

function least(values: readonly (number | null | undefined)[]): number | undefined {
  const known = values.filter((value) => typeof value === 'number');
  return known.length === 0 ? undefined : Math.min(...known);
}
