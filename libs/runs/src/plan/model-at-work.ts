import type { RunState } from '../log/run-state.ts';
import { rowOf } from './stage-kinds.ts';
import { DATA, type Stage } from './stage.ts';

/**
 * The model that a stage asked, or that its training left, as the log names it; undefined for stages that have none, and where
 * it is not known yet.
 */
export function modelAtWork(stage: Stage, { completed }: Pick<RunState, 'completed'>): string | undefined {
  const leftBy = (id: string | undefined, name: string): string | undefined => {
    const outputs: Readonly<Record<string, string>> = completed.get(id ?? '')?.outputs ?? {};
    return outputs[id === DATA ? name : 'model'];
  };
  const { asks, trains } = rowOf(stage.kind);
  if (trains !== undefined) return leftBy(stage.id, 'model');
  switch (asks?.model) {
    case 'policy':
      return leftBy(stage.policyFrom, 'policy');
    case 'simulator':
      return leftBy(stage.simulatorFrom, 'simulator');
    case 'train-verifier':
      return leftBy(Object.entries(stage.reads).find(([kind]) => kind === asks.model)?.[1], 'model');
    case undefined:
      return undefined;
  }
}
