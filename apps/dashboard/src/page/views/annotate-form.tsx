import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { CRITERIA, type Annotation, type Criterion, type Path, type Run } from '../../api/model.ts';
import {
  draftOf,
  isComplete,
  markRight,
  stepsOf,
  toggleCriterion,
  toggleInvalid,
  type Draft,
} from '../data/annotation-draft.ts';
import { api } from '../data/api-client.ts';
import { Field } from '../parts/filter-fields.tsx';
import { Question } from '../parts/path-card.tsx';
import { Problem } from '../parts/problem.tsx';
import { Steps } from '../parts/steps.tsx';
import { say } from '../parts/toast.tsx';

/** The text of each criterion, and the key that marks a step as breaking it. */
const CRITERION_TEXTS: Readonly<Record<Criterion, readonly [key: string, text: string]>> = {
  calculation: ['c', 'wrong calculation'],
  operands: ['o', 'wrong quantities'],
  logic: ['l', 'does not follow'],
  relevance: ['v', 'leads nowhere'],
};

/** What an annotation form needs. */
export interface AnnotateFormProps {
  readonly run: Run;
  readonly stage: string;
  readonly annotator: string;
  readonly path: Path;
  /** This annotator's earlier annotation of the path. */
  readonly earlier: Annotation | undefined;
  readonly onSaved: () => void;
  /** Moves to another path; absent where only one is shown. */
  readonly onMove: ((by: number) => void) | undefined;
}

/** Labels for the steps of one path. Hides the scores: they would bias the annotator. */
export function AnnotateForm(props: AnnotateFormProps) {
  const { run, stage, annotator, path, earlier, onSaved, onMove } = props;
  const [draft, setDraft] = useState(() => draftOf(path.steps.length, earlier));
  const [current, setCurrent] = useState(0);
  const [error, setError] = useState<Error>();
  const form = useRef<HTMLFormElement>(null);
  // Focus before the form is painted, so that it never misses a key.
  useLayoutEffect(() => {
    form.current?.focus();
  }, []);
  const save = async (): Promise<void> => {
    if (!isComplete(draft)) {
      setError(new Error('Every step needs a label; mark the path invalid where it cannot be judged.'));
      return;
    }
    try {
      const { invalid, comment } = draft;
      await api.annotate(run.id, {
        ...{ annotator, stage, pathKey: path.key, invalid, comment },
        steps: stepsOf(draft),
      });
      setError(undefined);
      say('kept');
      onSaved();
      onMove?.(1);
    } catch (failure) {
      setError(failure as Error);
    }
  };
  const move = (by: number): void => {
    setCurrent(Math.max(0, Math.min(path.steps.length - 1, current + by)));
  };
  const keys = keysOf({ draft, current, setDraft, move, save: () => void save(), onMove });
  const bare = path.steps.map(({ text, rollouts }) => ({ text, rollouts }));
  return (
    <form
      ref={form}
      class="card"
      tabIndex={-1}
      aria-label="labels of the path"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={(event) => {
        const { target, key } = event;
        if (event.ctrlKey || event.metaKey || event.altKey || isTyping(target)) return;
        const act = keys[key];
        if (act === undefined) return;
        event.preventDefault();
        act();
      }}
    >
      <Question path={path} />
      <Steps
        steps={bare}
        current={current}
        below={(index) => (
          <StepLabels
            index={index}
            draft={draft}
            onChange={(next) => {
              setCurrent(index);
              setDraft(next);
            }}
          />
        )}
      />
      <div class="row below">
        <label>
          <input
            type="checkbox"
            checked={draft.invalid}
            onChange={({ currentTarget }) => {
              setDraft({ ...draft, invalid: currentTarget.checked });
            }}
          />{' '}
          the whole path cannot be judged
        </label>
        <Field label="Comment">
          <input
            maxLength={2000}
            value={draft.comment}
            onInput={({ currentTarget }) => {
              setDraft({ ...draft, comment: currentTarget.value });
            }}
          />
        </Field>
        <button type="submit" class="primary">
          Keep{onMove === undefined ? '' : ' and next'}
        </button>
        {onMove !== undefined && (
          <>
            <button
              type="button"
              onClick={() => {
                onMove(-1);
              }}
            >
              Back
            </button>
            <button
              type="button"
              onClick={() => {
                onMove(1);
              }}
            >
              Skip
            </button>
          </>
        )}
      </div>
      <Problem error={error} />
    </form>
  );
}

function StepLabels({
  index,
  draft,
  onChange,
}: {
  readonly index: number;
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
}) {
  const step = draft.steps[index];
  const isRight = step !== undefined && !step.invalid && step.broken.length === 0;
  const button = (label: string, isPressed: boolean, next: () => Draft) => (
    <button
      key={label}
      type="button"
      aria-pressed={isPressed}
      onClick={() => {
        onChange(next());
      }}
    >
      {label}
    </button>
  );
  return (
    <div class="criteria" role="group" aria-label={`label of step ${index + 1}`}>
      {button('right', isRight, () => markRight(draft, index))}
      {CRITERIA.map((criterion) =>
        button(CRITERION_TEXTS[criterion][1], step?.broken.includes(criterion) === true, () =>
          toggleCriterion(draft, index, criterion),
        ),
      )}
      {button('cannot be judged', step?.invalid === true, () => toggleInvalid(draft, index))}
    </div>
  );
}

function keysOf({
  draft,
  current,
  setDraft,
  move,
  save,
  onMove,
}: {
  readonly draft: Draft;
  readonly current: number;
  readonly setDraft: (draft: Draft) => void;
  readonly move: (by: number) => void;
  readonly save: () => void;
  readonly onMove: ((by: number) => void) | undefined;
}): Readonly<Record<string, () => void>> {
  const criteria = CRITERIA.map((criterion) => [
    CRITERION_TEXTS[criterion][0],
    () => {
      setDraft(toggleCriterion(draft, current, criterion));
    },
  ]);
  return {
    ...(Object.fromEntries(criteria) as Record<string, () => void>),
    r: () => {
      setDraft(markRight(draft, current));
      move(1);
    },
    x: () => {
      setDraft(toggleInvalid(draft, current));
    },
    ArrowDown: () => {
      move(1);
    },
    ArrowUp: () => {
      move(-1);
    },
    s: save,
    n: () => onMove?.(1),
    p: () => onMove?.(-1),
  };
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type !== 'checkbox';
}
