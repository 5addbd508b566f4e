import type { Pair, PairOrderName, RunDetail } from '../../api/model.ts';
import { api } from '../data/api-client.ts';
import type { Route } from '../data/route.ts';
import { PathCard, Question } from '../parts/path-card.tsx';
import { DatasetBrowser } from './dataset-browser.tsx';
import { stagesWith } from './stage-choice.tsx';

const ORDERS: readonly (readonly [PairOrderName, string])[] = [
  ['made', 'as made'],
  ['difference-down', 'largest difference first'],
  ['difference-up', 'smallest difference first'],
];

/** The preference pairs of a stage, chosen and rejected side by side. */
export function PairsView({ detail, route }: { readonly detail: RunDetail; readonly route: Route }) {
  const stages = stagesWith(detail, 'pairs');
  const stage = route.params.get('stage') ?? stages.at(-1)?.id;
  if (stage === undefined) return <p class="quiet">No pairs have been built yet.</p>;
  const { id } = detail.run;
  const order = (route.params.get('order') ?? 'made') as PairOrderName;
  const query = { stage, order, question: route.params.get('question') ?? '' };
  return (
    <DatasetBrowser<Pair>
      label="pairs"
      {...{ stages, stage, route }}
      orders={ORDERS}
      source={JSON.stringify([id, query])}
      load={(wanted, signal) => api.pairs(id, { ...query, ...wanted }, signal)}
      line={(pair) => <PairLine pair={pair} />}
      whole={(pair) => (
        <>
          <Question path={pair.chosen} />
          <p>Difference of the rewards: {pair.difference.toFixed(3)}</p>
          <div class="sides">
            <PathCard path={pair.chosen} title="Chosen" />
            <PathCard path={pair.rejected} title="Rejected" />
          </div>
        </>
      )}
    />
  );
}

function PairLine({ pair }: { readonly pair: Pair }) {
  return (
    <>
      <div class="first">
        difference {pair.difference.toFixed(3)}
        <span class="quiet">iteration {pair.chosen.iteration}</span>
      </div>
      <div class="second">{pair.chosen.question}</div>
    </>
  );
}
