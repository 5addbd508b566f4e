import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Page, Stage } from '../../api/model.ts';
import { replaceParams, type Route } from '../data/route.ts';
import { Choice, SearchField } from '../parts/filter-fields.tsx';
import { PagedList } from '../parts/paged-list.tsx';
import { ScoreLegend } from '../parts/steps.tsx';
import { StageChoice } from './stage-choice.tsx';

/** The requested page of items. */
interface PageWanted {
  readonly offset: number;
  readonly limit: number;
}

/** The items of a browser, and how to show them. */
export interface DatasetBrowserProps<T> {
  /** The kind of items, e.g. `paths`. */
  readonly label: string;
  readonly stages: readonly Stage[];
  readonly stage: string;
  readonly route: Route;
  /** Orders with their names for people; the first is the default. */
  readonly orders: readonly (readonly [string, string])[];
  /** Fields besides stage, order and search. */
  readonly filters?: ComponentChildren;
  /** Identifies the run and everything that the items depend on. */
  readonly source: string;
  readonly load: (wanted: PageWanted, signal: AbortSignal) => Promise<Page<T>>;
  /** An item's two lines in the list. */
  readonly line: (item: T) => ComponentChildren;
  /** The chosen item in full. */
  readonly whole: (item: T, index: number) => ComponentChildren;
}

/**
 * The items of a stage: filtered and sorted, as a list of any length, with the chosen one beside it; the address holds all
 * choices.
 */
export function DatasetBrowser<T>(props: DatasetBrowserProps<T>) {
  const { label, stages, stage, route, orders, filters, source, load, line, whole } = props;
  const [shown, setShown] = useState<{ index: number; item?: T | undefined }>({ index: 0 });
  const [matched, setMatched] = useState(0);
  const first = orders[0]?.[0] ?? '';
  return (
    <>
      <div class="row card">
        <StageChoice stages={stages} stage={stage} route={route} />
        {filters}
        <Choice
          label="Order"
          value={route.params.get('order') ?? first}
          options={orders}
          onChange={(order) => {
            replaceParams(route, { order });
          }}
        />
        <SearchField
          label="Question contains"
          value={route.params.get('question') ?? ''}
          onChange={(question) => {
            replaceParams(route, { question });
          }}
        />
        <span class="quiet" role="status">
          {matched.toLocaleString('en')} {label}
        </span>
      </div>
      <div class="panes">
        <div>
          <PagedList<T>
            label={label}
            source={source}
            load={async (offset, limit, signal) => {
              const page = await load({ offset, limit }, signal);
              setMatched(page.matched);
              return page;
            }}
            selected={shown.index}
            onSelect={(index) => {
              setShown((before) => (before.index === index ? before : { index }));
            }}
            onItem={(index, item) => {
              setShown((before) => (before.index === index ? { index, item } : before));
            }}
            render={line}
          />
        </div>
        <div>
          <ScoreLegend />
          {shown.item !== undefined && whole(shown.item, shown.index)}
        </div>
      </div>
    </>
  );
}
