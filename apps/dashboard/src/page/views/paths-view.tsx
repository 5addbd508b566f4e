import { useState } from 'preact/hooks';
import {
  OUTCOMES,
  type OutcomeName,
  type Path,
  type PathOrderName,
  type RunDetail,
} from '../../api/model.ts';
import { api } from '../data/api-client.ts';
import { hrefOf, replaceParams, type Route } from '../data/route.ts';
import { Choice, SearchField } from '../parts/filter-fields.tsx';
import { PagedList } from '../parts/paged-list.tsx';
import { PathCard, Question } from '../parts/path-card.tsx';
import { Outcome } from '../parts/state.tsx';
import { ScoreLegend } from '../parts/steps.tsx';
import { firstChoice, StageChoice, stagesWith } from './stage-choice.tsx';

const ORDERS: readonly (readonly [PathOrderName, string])[] = [
  ['sampled', 'as sampled'],
  ['reward-down', 'highest reward first'],
  ['reward-up', 'lowest reward first'],
  ['log-prob-down', 'most probable first'],
  ['steps-down', 'longest first'],
];

/** The paths of a stage: filtered, sorted, and one of them step by step. */
export function PathsView({ detail, route }: { readonly detail: RunDetail; readonly route: Route }) {
  const stages = stagesWith(detail, 'paths');
  const stage = route.params.get('stage') ?? firstChoice(stages);
  const outcome = (route.params.get('outcome') ?? '') as OutcomeName | '';
  const order = (route.params.get('order') ?? 'sampled') as PathOrderName;
  const question = route.params.get('question') ?? '';
  const [shown, setShown] = useState<{ index: number; path?: Path | undefined; matched: number }>({
    index: 0,
    matched: 0,
  });
  if (stage === undefined) return <p class="quiet">No paths are sampled yet.</p>;
  const { id } = detail.run;
  const query = { stage, outcome, order, question };
  return (
    <>
      <div class="row card">
        <StageChoice stages={stages} stage={stage} route={route} />
        <Choice
          label="Outcome"
          value={outcome}
          options={[['', 'all'], ...OUTCOMES.map((name) => [name, name] as const)]}
          onChange={(chosen) => {
            replaceParams(route, { outcome: chosen });
          }}
        />
        <Choice
          label="Order"
          value={order}
          options={ORDERS}
          onChange={(chosen) => {
            replaceParams(route, { order: chosen });
          }}
        />
        <SearchField
          label="Question contains"
          value={question}
          onChange={(text) => {
            replaceParams(route, { question: text });
          }}
        />
        <span class="quiet" role="status">
          {shown.matched.toLocaleString('en')} paths
        </span>
      </div>
      <div class="panes">
        <div>
          <PagedList<Path>
            label="paths"
            source={JSON.stringify([id, query])}
            load={async (offset, limit, signal) => {
              const page = await api.paths(id, { ...query, offset, limit }, signal);
              setShown((before) => ({ ...before, matched: page.matched }));
              return page;
            }}
            selected={shown.index}
            onSelect={(index) => {
              setShown((before) => (before.index === index ? before : { ...before, index, path: undefined }));
            }}
            onItem={(index, path) => {
              setShown((before) => (before.index === index ? { ...before, path } : before));
            }}
            render={(path) => <PathLine path={path} />}
          />
        </div>
        <div>
          <ScoreLegend />
          {shown.path !== undefined && (
            <>
              <Question path={shown.path} />
              <PathCard path={shown.path} title={`Path ${shown.index + 1}`} />
              <a href={hrefOf(['runs', id, 'annotate'], { stage, key: shown.path.key })}>
                Annotate this path
              </a>
            </>
          )}
        </div>
      </div>
    </>
  );
}

function PathLine({ path }: { readonly path: Path }) {
  return (
    <>
      <div class="first">
        <Outcome outcome={path.outcome} />
        {path.reward !== undefined && <span>reward {path.reward.toFixed(3)}</span>}
        <span class="quiet">{path.steps.length} steps</span>
      </div>
      <div class="second">{path.question === '' ? path.questionId : path.question}</div>
    </>
  );
}
