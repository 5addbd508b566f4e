import type { Language, SandboxPool, Verdict } from '@sipf/sandbox';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Counts one verdict. */
export type CountVerdict = (verdict: Verdict, language: Language) => void;

/** 1 ms to 16 s, in seconds. */
const runSeconds = Array.from({ length: 15 }, (_, power) => 2 ** power / 1000);

/** Registers the service's own metrics: verdicts by language and outcome, time per program, programs waiting and running. */
export function createVerdictMetrics(registry: Registry, pool: SandboxPool): CountVerdict {
  const registers = [registry];
  const verdicts = new Counter({
    registers,
    name: 'sipf_execution_verdicts_total',
    help: 'Programs that were run, by language and outcome.',
    labelNames: ['language', 'outcome'],
  });
  const seconds = new Histogram({
    registers,
    name: 'sipf_execution_program_seconds',
    help: 'Wall time of a program.',
    labelNames: ['language'],
    buckets: runSeconds,
  });
  new Gauge({
    registers,
    name: 'sipf_execution_programs',
    help: 'Programs that run and that wait.',
    labelNames: ['state'],
    collect() {
      this.set({ state: 'running' }, pool.load.running);
      this.set({ state: 'waiting' }, pool.load.waiting);
    },
  });
  new Gauge({
    registers,
    name: 'sipf_queue_depth',
    help: 'Items of work accepted and not begun.',
    collect() {
      this.set(pool.load.waiting);
    },
  });
  return ({ outcome, wallTimeMs }, language) => {
    verdicts.inc({ language, outcome });
    seconds.observe({ language }, wallTimeMs / 1000);
  };
}
