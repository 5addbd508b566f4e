import { useState } from 'preact/hooks';
import type { RunDetail } from '../../api/model.ts';
import { api } from '../data/api-client.ts';
import type { Route } from '../data/route.ts';
import { useLoaded } from '../data/use-loaded.ts';
import { Field } from '../parts/filter-fields.tsx';
import { Problem } from '../parts/problem.tsx';
import { AgreementCard } from './agreement-card.tsx';
import { AnnotateForm } from './annotate-form.tsx';
import { firstChoice, StageChoice, stagesWith } from './stage-choice.tsx';

const NAME_KEY = 'sipf-annotator';

/** The view in which people label the steps of paths (appendix C). */
export function AnnotateView({ detail, route }: { readonly detail: RunDetail; readonly route: Route }) {
  const [annotator, setAnnotator] = useState(() => sessionStorage.getItem(NAME_KEY) ?? '');
  const stages = stagesWith(detail, 'paths');
  const stage = route.params.get('stage') ?? firstChoice(stages);
  if (stage === undefined) return <p class="quiet">No paths have been sampled yet.</p>;
  if (annotator === '') {
    return (
      <NameForm
        onName={(name) => {
          sessionStorage.setItem(NAME_KEY, name);
          setAnnotator(name);
        }}
      />
    );
  }
  return (
    <Annotating
      key={`${annotator} ${stage}`}
      {...{ detail, route, stage, annotator }}
      stageChoice={<StageChoice stages={stages} stage={stage} route={route} />}
      onLeave={() => {
        sessionStorage.removeItem(NAME_KEY);
        setAnnotator('');
      }}
    />
  );
}

function Annotating({
  detail: { run },
  route,
  stage,
  annotator,
  stageChoice,
  onLeave,
}: {
  readonly detail: RunDetail;
  readonly route: Route;
  readonly stage: string;
  readonly annotator: string;
  readonly stageChoice: preact.ComponentChildren;
  readonly onLeave: () => void;
}) {
  const [index, setIndex] = useState(0);
  const key = route.params.get('key') ?? '';
  const query = { stage, offset: key === '' ? index : 0, limit: 1, key };
  const paths = useLoaded(JSON.stringify([run.id, query]), (signal) => api.paths(run.id, query, signal));
  const path = paths.value?.rows[0];
  const earlier = useLoaded(`${annotator} ${stage} ${path?.key ?? ''}`, (signal) =>
    api.annotations(run.id, { annotator, stage, path: path?.key ?? 'none', limit: 1 }, signal),
  );
  const [saved, setSaved] = useState(0);
  const matched = paths.value?.matched ?? 0;
  return (
    <>
      <div class="row card">
        {stageChoice}
        <span>
          You are <strong>{annotator}</strong>.
        </span>
        <button type="button" onClick={onLeave}>
          Change name
        </button>
        {key === '' && (
          <span class="push quiet" role="status">
            path {index + 1} of {matched.toLocaleString('en')}
          </span>
        )}
      </div>
      <Problem error={paths.error ?? earlier.error} />
      {path !== undefined && earlier.value !== undefined && (
        <AnnotateForm
          key={`${stage} ${path.key}`}
          {...{ run, stage, annotator, path }}
          earlier={earlier.value.rows[0]}
          onSaved={() => {
            setSaved(saved + 1);
          }}
          onMove={
            key === ''
              ? (by) => {
                  setIndex(Math.max(0, Math.min(matched - 1, index + by)));
                }
              : undefined
          }
        />
      )}
      <AgreementCard runId={run.id} turn={saved} />
    </>
  );
}

function NameForm({ onName }: { readonly onName: (name: string) => void }) {
  const [name, setName] = useState('');
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        onName(name.trim());
      }}
    >
      <h2>Annotate steps</h2>
      <p>Several people may label the same paths; their names distinguish them.</p>
      <div class="row">
        <Field label="Your name">
          <input
            required
            pattern="[\p{L}\p{N} ._\-]{1,64}"
            value={name}
            onInput={({ currentTarget }) => {
              setName(currentTarget.value);
            }}
          />
        </Field>
        <button type="submit" class="primary">
          Begin
        </button>
      </div>
    </form>
  );
}
