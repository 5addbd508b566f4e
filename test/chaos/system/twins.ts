import { join } from 'node:path';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';
import type { ServiceName, SystemOptions } from './chaos-system.ts';

/** The services that have a twin, and a stage in which the twin has work. */
export const TWINS = {
  generation: 'sample-1',
  execution: 'sample-1',
  simulation: 'label-1',
  verification: 'score-1',
} as const satisfies Partial<Record<ServiceName, string>>;
export type Twin = keyof typeof TWINS;

/** Where twins run: words before their own, and flags beside. @default on this host */
export interface TwinsPlace {
  readonly prefix: readonly string[];
  readonly flags: readonly string[];
}

/** A second one of each service that answers calls. */
export class Twins implements Disposable {
  readonly #running = new Map<Twin, RunningProgram>();
  readonly #place: TwinsPlace;

  constructor(place: TwinsPlace = { prefix: [], flags: [] }) {
    this.#place = place;
  }

  /** Has each called together with its twin. @param folder the system's */
  via(folder: string): NonNullable<SystemOptions['via']> {
    return async (name, address) => {
      if (!isTwin(name)) return address;
      const { prefix, flags } = this.#place;
      const twin = await startProgram(
        name,
        [...this.#flagsOf(name, join(folder, 'store')), ...flags],
        prefix,
      );
      this.#running.set(name, twin);
      return `ipv4:${address},${twin.address}`;
    };
  }

  stop(name: Twin): void {
    this.#running.get(name)?.child.kill('SIGSTOP');
  }

  [Symbol.dispose](): void {
    for (const { child } of this.#running.values()) child.kill('SIGKILL');
  }

  #flagsOf(name: Twin, store: string): string[] {
    if (name === 'execution') return ['--processes', '2', '--warm', ''];
    const common = ['--artifacts', store];
    if (name === 'generation') return [...common, '--max-models', '2'];
    const execution = this.#running.get('execution')?.address ?? '';
    return name === 'simulation' ? [...common, '--execution', execution] : common;
  }
}

function isTwin(name: ServiceName): name is Twin {
  return name in TWINS;
}
