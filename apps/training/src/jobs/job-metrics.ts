import { training } from '@sipf/contracts';
import { Gauge, type Registry } from 'prom-client';
import type { JobRegistry } from './job-registry.ts';

/** The states of a job, as labels. */
const STATES = ['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const;

/** Registers gauges of jobs by state and of waiting jobs. */
export function addJobMetrics(registry: Registry, jobs: Pick<JobRegistry, 'list'>): void {
  const registers = [registry];
  const inState = (state: (typeof STATES)[number]): number =>
    jobs.list().filter((job) => job.state === training.JobState[state]).length;
  new Gauge({
    registers,
    name: 'sipf_training_jobs',
    help: 'Jobs that this service knows, by state.',
    labelNames: ['state'],
    collect() {
      for (const state of STATES) this.set({ state: state.toLowerCase() }, inState(state));
    },
  });
  new Gauge({
    registers,
    name: 'sipf_queue_depth',
    help: 'Items of work accepted and not begun.',
    collect() {
      this.set(inState('QUEUED'));
    },
  });
}
