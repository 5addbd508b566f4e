import { waitForReady } from '@sipf/service';
import type { ServiceSpec } from './service-process.ts';
import { SupervisedService, type SupervisionOptions } from './supervised-service.ts';

/** A process under supervision. */
export interface SupervisedPid {
  readonly name: string;
  readonly pid: number;
}

/** Settings of a {@link Supervisor}; what is absent has the default of {@link defaultSupervision}. */
export type SupervisorOptions = Pick<SupervisionOptions, 'env' | 'note'> &
  Partial<SupervisionOptions> & {
    /** Called with all processes whenever one is started. */
    readonly onProcesses?: (processes: readonly SupervisedPid[]) => void;
  };

/** Time to start includes the load of a model; a service that drains has ten seconds for its calls. */
const defaultSupervision = {
  startMs: 120_000,
  stopMs: 15_000,
  maxRestarts: 5,
  windowMs: 600_000,
  restartDelayMs: 250,
} as const;

/** Starts services, keeps them alive, and stops them in the reverse order. */
export class Supervisor implements AsyncDisposable {
  readonly #options: SupervisorOptions;
  readonly #services: SupervisedService[] = [];
  readonly #pids = new Map<string, number>();
  readonly #failed = Promise.withResolvers<never>();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#failed.promise.catch(() => undefined);
  }

  /** Rejects when one of the services died too often. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /**
   * Starts a service on a free port of loopback.
   * @param ready how to know that it can be called. @default its gRPC health check
   * @throws SipfError `unavailable` SERVICE_NOT_STARTED; AbortError
   */
  async start(
    spec: ServiceSpec,
    { signal, ready }: { readonly signal: AbortSignal; readonly ready?: SupervisionOptions['ready'] },
  ): Promise<SupervisedService> {
    const { startMs } = { ...defaultSupervision, ...this.#options };
    const supervision = {
      ...defaultSupervision,
      ready: (address: string, bounded: AbortSignal) =>
        waitForReady(address, { signal: bounded, deadlineMs: startMs }),
      ...this.#options,
      ...(ready === undefined ? {} : { ready }),
      onStart: (name: string, pid: number) => {
        this.#pids.set(name, pid);
        this.#options.onProcesses?.([...this.#pids].map(([key, value]) => ({ name: key, pid: value })));
      },
    };
    const service = await SupervisedService.start(spec, supervision, signal);
    this.#services.push(service);
    service.failed.catch((error: unknown) => {
      this.#failed.reject(error);
    });
    return service;
  }

  /** Stops the services, the last one first: callers before those whom they call. */
  async stop(): Promise<void> {
    while (this.#services.length > 0) {
      const service = this.#services.at(-1);
      await service?.stop();
      this.#services.pop();
    }
  }

  /** Ends everything at once. */
  kill(): void {
    for (const service of this.#services) service.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
