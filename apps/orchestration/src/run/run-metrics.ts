import type { RunState, StageKind } from '@sipf/runs';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Metrics of the orchestrator's runs; no label holds a run's id, of which there is no end. */
export interface RunMetrics {
  /** A run is driven from now on, until its end is recorded. */
  runStarted(): void;
  runEnded(phase: RunState['phase']): void;
  timeStage<T>(kind: StageKind, work: () => Promise<T>): Promise<T>;
  /** The event bus took an event, or did not. */
  countPublished(outcome: 'stored' | 'refused'): void;
}

/** 100 ms to about 30 hours, in seconds. */
const STAGE_BUCKETS = Array.from({ length: 11 }, (_, power) => 0.1 * 4 ** power);

/** Registers the orchestrator's metrics. */
export function createRunMetrics(registry: Registry): RunMetrics {
  const registers = [registry];
  const active = new Gauge({ registers, name: 'sipf_runs_active', help: 'Runs that this process drives.' });
  const ended = new Counter({
    registers,
    name: 'sipf_runs_ended_total',
    help: 'Runs that were driven to an end, by how they stood then; running: this process stopped.',
    labelNames: ['phase'],
  });
  const seconds = new Histogram({
    registers,
    name: 'sipf_stage_seconds',
    help: 'Time of a stage that was driven to its end, by kind and outcome.',
    labelNames: ['stage', 'outcome'],
    buckets: STAGE_BUCKETS,
  });
  const published = new Counter({
    registers,
    name: 'sipf_events_published_total',
    help: 'Attempts to publish an event, by outcome.',
    labelNames: ['outcome'],
  });
  return {
    runStarted: () => {
      active.inc();
    },
    runEnded: (phase) => {
      active.dec();
      ended.inc({ phase });
    },
    timeStage: async (stage, work) => {
      const stop = seconds.startTimer({ stage });
      try {
        const result = await work();
        stop({ outcome: 'completed' });
        return result;
      } catch (error) {
        stop({ outcome: 'failed' });
        throw error;
      }
    },
    countPublished: (outcome) => {
      published.inc({ outcome });
    },
  };
}
