import { percent } from '@sipf/figures';
import type { ComponentChildren } from 'preact';
import type { PathStep } from '../../api/model.ts';
import { scoreBin } from '../data/format.ts';

/** The steps of a path, coloured by the verifier's score, with the number beside the colour. */
export function Steps({
  steps,
  current,
  below,
}: {
  readonly steps: readonly PathStep[];
  /** The step being labelled. */
  readonly current?: number;
  /** Content below a step. */
  readonly below?: (index: number) => ComponentChildren;
}) {
  return (
    <ol class="steps">
      {steps.map((step, index) => (
        <li
          key={index}
          data-score={step.score === undefined ? undefined : scoreBin(step.score)}
          aria-current={current === index ? 'true' : undefined}
        >
          <pre>{step.text.trim() === '' ? '(empty)' : step.text.trimEnd()}</pre>
          <div class="step-facts">
            <span>step {index + 1}</span>
            {step.score !== undefined && <strong>score {step.score.toFixed(3)}</strong>}
            {step.label !== undefined && <span>label {step.label ? 'right' : 'wrong'}</span>}
            {step.softLabel !== undefined && step.rollouts > 0 && (
              <span>
                {percent(step.softLabel)} of {step.rollouts} roll-outs
              </span>
            )}
          </div>
          {below?.(index)}
        </li>
      ))}
    </ol>
  );
}

/** The legend of the steps' colours. */
export function ScoreLegend() {
  return (
    <p class="legend">
      Score of a step, probability that it is right:
      {[0, 1, 2, 3, 4].map((bin) => (
        <span key={bin} data-score={bin}>
          {(bin / 5).toFixed(1)} to {((bin + 1) / 5).toFixed(1)}
        </span>
      ))}
    </p>
  );
}
