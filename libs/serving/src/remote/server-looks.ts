import { orAborted } from '@sipf/async';
import { SipfError } from '@sipf/errors';
import type { Server } from '@sipf/openai';
import type { Backend } from './backend-settings.ts';
import type { Connection } from './connection.ts';
import { versionWarning } from './known-versions.ts';
import { findModel, type Card } from './remote-models.ts';
import { readServerFacts, type ServerFacts } from './server-facts.ts';

/** What a server was found to be when it was first asked. */
interface Admitted {
  readonly name: string;
  readonly facts: ServerFacts;
  readonly card: Card;
}

/** Whose servers are looked at; without `adapter` none are wanted of them. */
type LookSettings = Pick<Connection, 'logger'> & Pick<Backend, 'dialect'> & Partial<Pick<Backend, 'adapter'>>;

/** A look at a server, and when it began. */
interface Look {
  readonly at: number;
  readonly admitted: Promise<Admitted>;
}

/** A server may have been started anew without a request that failed, so that it is looked at again. */
const FRESH_MS = 60_000;
/** Longest look at a server; vLLM's account of itself takes seconds. */
const LOOK_MS = 300_000;

/** What is known of servers: each is looked at before its first request, and again after a while. */
export class ServerLooks {
  readonly #settings: LookSettings;
  #looks = new WeakMap<Server, Map<string, Look>>();
  /** Of servers by their hosts, from before there was a model to ask for. */
  readonly #greeted = new Map<string, ServerFacts>();
  /** The last of each server and model, for what is asked of all. */
  readonly #known = new Map<string, Admitted>();
  /** What was promised of a model's longest sequence, by the model's name. */
  readonly #longest = new Map<string, number>();
  readonly #warned = new Set<string>();

  constructor(settings: LookSettings) {
    this.#settings = settings;
  }

  /** The last look at each server and model. */
  get known(): readonly Admitted[] {
    return [...this.#known.values()];
  }

  /** A model's longest sequence, in tokens, which a server may not fall short of from here on. */
  promise(name: string, longest: number): void {
    this.#longest.set(name, longest);
  }

  /** What the servers say of themselves. */
  get facts(): readonly ServerFacts[] {
    return this.#known.size > 0 ? this.known.map(({ facts }) => facts) : [...this.#greeted.values()];
  }

  /** Looks at a server, whatever models it holds. @throws ServerFault */
  async greet(server: Server, signal: AbortSignal): Promise<void> {
    this.#greeted.set(server.host, await this.#factsOf(server, signal));
  }

  /** Has every server looked at again. */
  forget(): void {
    this.#looks = new WeakMap();
  }

  /** What a server is, as it was seen a moment ago. @throws SipfError MODEL_NOT_LOADED; ServerFault */
  async look(server: Server, name: string, signal: AbortSignal): Promise<Admitted> {
    const looks = this.#looks.get(server) ?? new Map<string, Look>();
    this.#looks.set(server, looks);
    const before = looks.get(name);
    if (before !== undefined && performance.now() - before.at < FRESH_MS)
      return await orAborted(before.admitted, signal);
    const look = { at: performance.now(), admitted: this.#lookNow(server, name) };
    looks.set(name, look);
    // One look for all; where one of them gives up, it goes on.
    look.admitted.catch(() => looks.delete(name));
    return await orAborted(look.admitted, signal);
  }

  async #lookNow(server: Server, name: string): Promise<Admitted> {
    const signal = AbortSignal.timeout(LOOK_MS);
    const card = await findModel(server, name, signal);
    const facts = await this.#factsOf(server, signal);
    const admitted = { name, facts, card };
    this.#checkSame(server, admitted);
    this.#warn(facts);
    this.#known.set(`${server.host} ${name}`, admitted);
    return admitted;
  }

  async #factsOf(server: Server, signal: AbortSignal): Promise<ServerFacts> {
    const { dialect, adapter } = this.#settings;
    if (dialect !== 'vllm') return {};
    return await readServerFacts(server, { wants: adapter === undefined ? 'a model' : 'adapters', signal });
  }

  /** What was promised before: a server that takes less would refuse prompts, and another folder is another model. */
  #checkSame({ host }: Server, { name, card }: Admitted): void {
    const { root, max_model_len: length } = card;
    const longest = this.#longest.get(name) ?? 0;
    if ((length ?? Infinity) < longest)
      throw changed(
        `the backend ${host} takes sequences of ${String(length)} tokens, ` +
          `before it was ${longest}: start it with --max-model-len ${longest}`,
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
