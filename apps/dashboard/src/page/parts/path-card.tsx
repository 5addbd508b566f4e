import type { Path } from '../../api/model.ts';
import { Outcome } from './state.tsx';
import { Steps } from './steps.tsx';

/** A path with all its details. */
export function PathCard({ path, title }: { readonly path: Path; readonly title: string }) {
  return (
    <article class="card" aria-label={title}>
      <h2>{title}</h2>
      <p class="row">
        <Outcome outcome={path.outcome} />
        {path.reward !== undefined && <span>reward {path.reward.toFixed(3)}</span>}
        {path.meanLogProb !== undefined && <span>mean log-prob {path.meanLogProb.toFixed(3)}</span>}
        <span class="quiet">
          question {path.questionId}, iteration {path.iteration}, sample {path.sampleIndex}
        </span>
      </p>
      <Steps steps={path.steps} />
    </article>
  );
}

/** A question and its answer. */
export function Question({ path }: { readonly path: Pick<Path, 'question' | 'goldAnswer'> }) {
  return (
    <>
      <p class="question">{path.question}</p>
      {path.goldAnswer !== '' && <p class="question quiet">Gold answer: {path.goldAnswer}</p>}
    </>
  );
}
