import { useState } from 'preact/hooks';
import type { Pair, PairOrderName, RunDetail } from '../../api/model.ts';
import { api } from '../data/api-client.ts';
import { replaceParams, type Route } from '../data/route.ts';
import { Choice, SearchField } from '../parts/filter-fields.tsx';
import { PagedList } from '../parts/paged-list.tsx';
import { PathCard, Question } from '../parts/path-card.tsx';
import { ScoreLegend } from '../parts/steps.tsx';
import { StageChoice, stagesWith } from './stage-choice.tsx';

const ORDERS: readonly (readonly [PairOrderName, string])[] = [
  ['made', 'as made'],
  ['difference-down', 'largest difference first'],
  ['difference-up', 'smallest difference first'],
];

/** The preference pairs of a stage, chosen and rejected side by side. */
export function PairsView({ detail, route }: { readonly detail: RunDetail; readonly route: Route }) {
  const stages = stagesWith(detail, 'pairs');
  const stage = route.params.get('stage') ?? stages.at(-1)?.id;
  const order = (route.params.get('order') ?? 'made') as PairOrderName;
  const question = route.params.get('question') ?? '';
  const [shown, setShown] = useState<{ index: number; pair?: Pair | undefined; matched: number }>({
    index: 0,
    matched: 0,
  });
  if (stage === undefined) return <p class="quiet">No pairs are built yet.</p>;
  const { id } = detail.run;
  const query = { stage, order, question };
  const { pair } = shown;
  return (
    <>
      <div class="row card">
        <StageChoice stages={stages} stage={stage} route={route} />
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
          {shown.matched.toLocaleString('en')} pairs
        </span>
      </div>
      <div class="panes">
        <PagedList<Pair>
          label="pairs"
          source={JSON.stringify([id, query])}
          load={async (offset, limit, signal) => {
            const page = await api.pairs(id, { ...query, offset, limit }, signal);
            setShown((before) => ({ ...before, matched: page.matched }));
            return page;
          }}
          selected={shown.index}
          onSelect={(index) => {
            setShown((before) => (before.index === index ? before : { ...before, index, pair: undefined }));
          }}
          onItem={(index, pair) => {
            setShown((before) => (before.index === index ? { ...before, pair } : before));
          }}
          render={(item) => (
            <>
              <div class="first">
                difference {item.difference.toFixed(3)}
                <span class="quiet">iteration {item.chosen.iteration}</span>
              </div>
              <div class="second">{item.chosen.question}</div>
            </>
          )}
        />
        <div>
          <ScoreLegend />
          {pair !== undefined && (
            <>
              <Question path={pair.chosen} />
              <p>Difference of the rewards: {pair.difference.toFixed(3)}</p>
              <div class="sides">
                <PathCard path={pair.chosen} title="Chosen" />
                <PathCard path={pair.rejected} title="Rejected" />
              </div>
            </>
          )}
        </div>
      </div>
    </>
  );
}
