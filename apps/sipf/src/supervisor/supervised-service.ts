import { orAborted } from '@sipf/async';
import { SipfError } from '@sipf/errors';
import { delay } from 'abort-controller-x';
import { startProcess, type Ending, type ServiceProcess, type ServiceSpec } from './service-process.ts';

/** How a service is kept alive. */
export interface SupervisionOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called on deaths and restarts. */
  readonly note: (text: string) => void;
  /** Called with the id of every process that starts. */
  readonly onStart: (name: string, pid: number) => void;
  /** Resolves when what listens there is ready to be called. */
  readonly ready: (address: string, signal: AbortSignal) => Promise<void>;
  /** Time to listen and be ready. */
  readonly startMs: number;
  /** Time to end by itself when asked to. */
  readonly stopMs: number;
  /** Restarts within `windowMs`; one more death is a failure. */
  readonly maxRestarts: number;
  readonly windowMs: number;
  /** Wait before the first restart; doubles with every restart within the window. */
  readonly restartDelayMs: number;
  /** Monotonic milliseconds. @default performance.now */
  readonly now?: () => number;
}

/** A service that is started again on its port when it dies. */
export class SupervisedService {
  readonly #spec: ServiceSpec;
  readonly #options: SupervisionOptions;
  readonly #stopping = new AbortController();
  readonly #failed = Promise.withResolvers<never>();
  readonly #deaths: number[] = [];
  #current: ServiceProcess | undefined;
  #address: string;

  private constructor(spec: ServiceSpec, options: SupervisionOptions) {
    this.#spec = spec;
    this.#address = `127.0.0.1:${spec.port ?? 0}`;
    this.#options = options;
    // The caller of the promise gets the failure; without one it is no unhandled rejection.
    this.#failed.promise.catch(() => undefined);
  }

  /**
   * Starts the service and waits until it is ready.
   * @throws SipfError `unavailable` SERVICE_NOT_STARTED with the service's last words; AbortError when `signal` aborts
   */
  static async start(
    spec: ServiceSpec,
    options: SupervisionOptions,
    signal: AbortSignal,
  ): Promise<SupervisedService> {
    const service = new SupervisedService(spec, options);
    try {
      const process = await service.#launch(signal);
      void service.#watch(process);
      return service;
    } catch (error) {
      service.kill();
      throw error;
    }
  }

  get name(): string {
    return this.#spec.name;
  }

  /** `host:port`, the same for the service's whole life. */
  get address(): string {
    return this.#address;
  }

  get pid(): number {
    return this.#current?.pid ?? 0;
  }

  /** Rejects when the service died too often. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#current?.stop(this.#options.stopMs);
  }

  /** Ends the service and everything that it started, at once. */
  kill(): void {
    this.#stopping.abort();
    this.#current?.kill();
  }

  async #launch(signal: AbortSignal): Promise<ServiceProcess> {
    const { env, startMs, ready, onStart } = this.#options;
    signal.throwIfAborted();
    const process = startProcess(this.#spec, { address: this.#address, env });
    this.#current = process;
    onStart(this.name, process.pid);
    const limit = new AbortController();
    const timer = setTimeout(() => {
      limit.abort();
    }, startMs);
    try {
      const bounded = AbortSignal.any([signal, limit.signal]);
      const address = await orAborted(process.listening, bounded);
      if (address === undefined) throw this.#notStarted(await process.ended);
      this.#address = address;
      await Promise.race([ready(address, bounded), process.ended.then((ending) => this.#dieEarly(ending))]);
      return process;
    } catch (error) {
      signal.throwIfAborted();
      if (limit.signal.aborted) throw this.#tooSlow();
      throw error;
    } finally {
      clearTimeout(timer);
      limit.abort();
    }
  }

  /** Starts the service again whenever it has ended, until it is to stop or has died too often. */
  async #watch(first: ServiceProcess): Promise<void> {
    let ending = await first.ended;
    while (!this.#stopping.signal.aborted) {
      const waitMs = this.#nextRestart(ending);
      if (waitMs === undefined) return;
      ending = await this.#restart(waitMs);
    }
  }

  /** @returns how the new process ended, or that it could not be started */
  async #restart(waitMs: number): Promise<Ending> {
    const { signal } = this.#stopping;
    try {
      await delay(signal, waitMs);
      const process = await this.#launch(signal);
      this.#options.note(`${this.name} is ready again on ${this.#address}`);
      return await process.ended;
    } catch (error) {
      this.#current?.kill();
      return { code: null, signal: null, lastWords: error instanceof Error ? error.message : String(error) };
    }
  }

  /** How long to wait before the restart; undefined where there has been enough of them. */
  #nextRestart(ending: Ending): number | undefined {
    const {
      maxRestarts,
      windowMs,
      restartDelayMs,
      note,
      now = performance.now.bind(performance),
    } = this.#options;
    const at = now();
    this.#deaths.push(at);
    const recent = this.#deaths.filter((death) => at - death < windowMs).length;
    const what = `${this.name} ${describeEnding(ending)}`;
    if (recent > maxRestarts) {
      this.#failed.reject(
        new SipfError('unavailable', `${what}; it was restarted ${maxRestarts} times${this.#whereLog()}`, {
          reason: 'SERVICE_DIED',
        }),
      );
      return undefined;
    }
    note(`${what}; restart ${recent} of at most ${maxRestarts}`);
    return restartDelayMs * 2 ** (recent - 1);
  }

  #dieEarly(ending: Ending): never {
    throw this.#notStarted(ending);
  }

  #notStarted(ending: Ending): SipfError {
    const message = `${this.name} did not start: it ${describeEnding(ending)}${this.#whereLog()}`;
    return new SipfError('unavailable', message, { reason: 'SERVICE_NOT_STARTED' });
  }

  /** A log that goes with the service is named to nobody. */
  #whereLog(): string {
    const { logFile, isLogKept = true } = this.#spec;
    return isLogKept ? `. Its log: ${logFile}` : '';
  }

  #tooSlow(): SipfError {
    const { startMs } = this.#options;
    const message = `${this.name} was not ready within ${startMs / 1000} s${this.#whereLog()}`;
    return new SipfError('unavailable', message, { reason: 'SERVICE_NOT_STARTED' });
  }
}

function describeEnding({ code, signal, lastWords }: Ending): string {
  const how =
    signal === null
      ? code === null
        ? 'failed'
        : `ended with exit status ${code}`
      : `was ended by ${signal}`;
  return lastWords === '' ? how : `${how} (${lastWords})`;
}
