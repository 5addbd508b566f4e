import {
  OUTCOMES,
  type OutcomeName,
  type Path,
  type PathOrderName,
  type RunDetail,
} from '../../api/model.ts';
import { api } from '../data/api-client.ts';
import { hrefOf, replaceParams, type Route } from '../data/route.ts';
import { Choice } from '../parts/filter-fields.tsx';
import { PathCard, Question } from '../parts/path-card.tsx';
import { Outcome } from '../parts/state.tsx';
import { DatasetBrowser } from './dataset-browser.tsx';
import { firstChoice, stagesWith } from './stage-choice.tsx';

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
  if (stage === undefined) return <p class="quiet">No paths have been sampled yet.</p>;
  const { id } = detail.run;
  const outcome = (route.params.get('outcome') ?? '') as OutcomeName | '';
  const order = (route.params.get('order') ?? 'sampled') as PathOrderName;
  const query = { stage, outcome, order, question: route.params.get('question') ?? '' };
  return (
    <DatasetBrowser<Path>
      label="paths"
      {...{ stages, stage, route }}
      orders={ORDERS}
      filters={
        <Choice
          label="Outcome"
          value={outcome}
          options={[['', 'all'], ...OUTCOMES.map((name) => [name, name] as const)]}
          onChange={(chosen) => {
            replaceParams(route, { outcome: chosen });
          }}
        />
      }
      source={JSON.stringify([id, query])}
      load={(wanted, signal) => api.paths(id, { ...query, ...wanted }, signal)}
      line={(path) => <PathLine path={path} />}
      whole={(path, index) => (
        <>
          <Question path={path} />
          <PathCard path={path} title={`Path ${index + 1}`} />
          <a href={hrefOf(['runs', id, 'annotate'], { stage, key: path.key })}>Annotate this path</a>
        </>
      )}
    />
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
