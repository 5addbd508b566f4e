import type { StepMetrics, Trainer } from '@sipf/learning';
import { Counter, Gauge, type Registry } from 'prom-client';

/**
 * The same trainer with metrics: the numbers of steps and tokens, and the values of the latest step, which plotted over time
 * are the training curves. Where two jobs of one objective run, the metrics show the latest step of either; every job's own
 * curve is in its metrics file.
 */
export function measureTrainer(trainer: Trainer, count: CountStep): Trainer {
  return {
    get running() {
      return trainer.running;
    },
    train: async function* (job, options) {
      for await (const event of trainer.train(job, options)) {
        if (event.kind === 'step') count(job.objective.kind, event);
        yield event;
      }
    },
    close: () => trainer.close(),
  };
}

/** Adds a step to the metrics. */
export type CountStep = (objective: string, step: Pick<StepMetrics, 'tokens' | 'values'>) => void;

/** Registers the metrics of training steps. */
export function createStepMetrics(registry: Registry): CountStep {
  const registers = [registry];
  const labelNames = ['objective'];
  const steps = new Counter({ registers, labelNames, name: 'sipf_training_steps_total', help: 'Updates.' });
  const tokens = new Counter({
    registers,
    labelNames,
    name: 'sipf_training_tokens_total',
    help: 'Tokens trained on, padding included.',
  });
  const latest = new Gauge({
    registers,
    labelNames: ['objective', 'value'],
    name: 'sipf_training_latest',
    help: 'Values of the latest update: loss, grad_norm, learning_rate and the objective’s own.',
  });
  return (objective, step) => {
    steps.inc({ objective });
    tokens.inc({ objective }, step.tokens);
    for (const [value, number] of Object.entries(step.values)) latest.set({ objective, value }, number);
  };
}
