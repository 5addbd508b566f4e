import type { Placement } from '../session/placement.ts';
import type { WorkerHandlers } from '../session/serve-worker.ts';
import type { ModelFacts } from '../weights/model-source.ts';
import { openAdapter, type OpenAdapter } from '../weights/open-adapter.ts';
import { openModel, type OpenModel } from '../weights/open-model.ts';
import type { AttachRequest, Hosting, LoadRequest } from './hosting.ts';

/** What runs a model in a worker. */
export interface ModelEngine {
  /** Takes an adapter under a name. */
  attach(name: string, adapter: OpenAdapter): void | Promise<void>;
  /** Frees an adapter; does nothing for a name that is not known. */
  detach(name: string): Promise<void>;
  /** Runs the model once on next to nothing, to see where it is computed; undefined on the CPU, where nothing is run. */
  placement(): Promise<Placement | undefined>;
  /** Waits for what runs, and frees the sessions. */
  close(): Promise<void>;
}

/** A worker's model and its adapters: the worker's end of what {@link Hosting} is for scorers and generators alike. */
export class WorkerModel<Layout, Engine extends ModelEngine> {
  readonly handlers: WorkerHandlers<Hosting<Layout>> = {
    load: (request) => this.#load(request),
    attach: (request) => this.#attach(request),
    detach: async ({ name }) => {
      await this.engine.detach(name);
    },
  };
  readonly #open: (model: OpenModel, layout: Layout) => Engine | Promise<Engine>;
  #loaded: { readonly model: OpenModel; readonly engine: Engine; readonly facts: ModelFacts } | undefined;

  /** @param open starts what runs a model; the model is closed where it throws */
  constructor(open: (model: OpenModel, layout: Layout) => Engine | Promise<Engine>) {
    this.#open = open;
  }

  get engine(): Engine {
    return this.#current().engine;
  }

  async close(): Promise<void> {
    await this.#loaded?.engine.close();
    this.#loaded?.model.close();
  }

  async #load({ source, layout }: LoadRequest<Layout>): Promise<ModelFacts> {
    const model = await openModel(source);
    try {
      const engine = await this.#open(model, layout);
      const placement = await engine.placement();
      const facts = { ...model.facts, ...(placement !== undefined && { placement }) };
      this.#loaded = { model, engine, facts };
      return facts;
    } catch (error) {
      model.close();
      throw error;
    }
  }

  async #attach({ name, folder }: AttachRequest): Promise<ModelFacts> {
    const { model, engine, facts } = this.#current();
    const adapter = await openAdapter(model, folder);
    await engine.attach(name, adapter);
    const { placement } = facts;
    return { ...adapter.facts, ...(placement !== undefined && { placement }) };
  }

  #current() {
    if (this.#loaded === undefined) throw new Error('the worker has not loaded a model');
    return this.#loaded;
  }
}
