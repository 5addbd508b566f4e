import type { OutcomeName, RunStateName, StageStateName } from '../../api/model.ts';

const SIGNS = {
  running: '▶',
  succeeded: '✓',
  completed: '✓',
  failed: '✕',
  'broken-off': '✕',
  cancelled: '■',
  interrupted: '!',
  damaged: '⚠',
  planned: '·',
} as const satisfies Record<RunStateName | StageStateName, string>;

/** The state of a run or a stage, in words and with a sign, so that it does not depend on colour alone. */
export function State({ state }: { readonly state: RunStateName | StageStateName }) {
  return (
    <span class={`state state-${state}`}>
      <span aria-hidden="true">{SIGNS[state]}</span>
      {state.replace('-', ' ')}
    </span>
  );
}

const OUTCOME_SIGNS: Readonly<Record<OutcomeName, string>> = { correct: '✓', wrong: '✕', unknown: '?' };

/** The outcome of a path, in words and with a sign. */
export function Outcome({ outcome }: { readonly outcome: OutcomeName }) {
  return (
    <span class={`state outcome-${outcome}`}>
      <span aria-hidden="true">{OUTCOME_SIGNS[outcome]}</span>
      {outcome}
    </span>
  );
}
