import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Page } from '../../api/model.ts';
import { Problem } from './problem.tsx';

/** As the style sheet has it, in pixels: 3.5rem. */
const ITEM_PX = 52.5;
const PAGE = 100;
/** Most pages in memory; the least recently shown are dropped first. */
const MAX_PAGES = 20;
const OVERSCAN = 6;

/** The items of a list and their source. */
export interface PagedListProps<T> {
  readonly label: string;
  /** Identifies the list: another key is another list. */
  readonly source: string;
  readonly load: (offset: number, limit: number, signal: AbortSignal) => Promise<Page<T>>;
  readonly selected: number;
  readonly onSelect: (index: number) => void;
  /**
   * The chosen item, once it is loaded. It may arrive late, so a listener must take it for that index alone: an effect
   * that moved the choice would fight with the next key.
   */
  readonly onItem: (index: number, item: T | undefined) => void;
  readonly render: (item: T) => ComponentChildren;
}

/**
 * A list of any length: only visible rows are in the page, and only their pages are loaded. Arrow keys, Page Up and Down, Home
 * and End move the choice.
 */
export function PagedList<T>(props: PagedListProps<T>) {
  const { label, source, selected, onSelect, onItem, render } = props;
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(400);
  const { pages, matched, error } = usePages(props, Math.floor(top / ITEM_PX), Math.ceil(height / ITEM_PX));
  const itemAt = (index: number): T | undefined => pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  const first = Math.max(0, Math.floor(top / ITEM_PX) - OVERSCAN);
  const last = Math.min(matched, Math.ceil((top + height) / ITEM_PX) + OVERSCAN);

  useEffect(() => {
    const { current } = box;
    if (current === null) return undefined;
    const observer = new ResizeObserver(() => {
      setHeight(current.clientHeight);
    });
    observer.observe(current);
    return () => {
      observer.disconnect();
    };
  }, []);
  useEffect(() => {
    box.current?.scrollTo(0, 0);
    setTop(0);
    onSelect(0);
    onItem(0, undefined);
  }, [source]);
  const chosen = itemAt(selected);
  useEffect(() => {
    if (chosen !== undefined) onItem(selected, chosen);
  }, [source, selected, chosen]);

  const choose = (index: number): void => {
    const wanted = Math.max(0, Math.min(matched - 1, index));
    const { current } = box;
    if (current === null || matched === 0) return;
    const [start, end] = [wanted * ITEM_PX, (wanted + 1) * ITEM_PX];
    if (start < current.scrollTop) current.scrollTop = start;
    else if (end > current.scrollTop + current.clientHeight) current.scrollTop = end - current.clientHeight;
    onSelect(wanted);
  };
  const steps: Readonly<Record<string, number>> = {
    ...{ ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 },
    ...{ PageDown: Math.floor(height / ITEM_PX), PageUp: -Math.floor(height / ITEM_PX) },
    ...{ Home: -Infinity, End: Infinity },
  };
  return (
    <>
      <Problem error={error} />
      <div
        ref={box}
        class="list"
        role="listbox"
        tabIndex={0}
        aria-label={label}
        aria-activedescendant={selected >= first && selected < last ? `${label}-${selected}` : undefined}
        onScroll={({ currentTarget }) => {
          setTop(currentTarget.scrollTop);
        }}
        onKeyDown={(event) => {
          const step = steps[event.key];
          if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
          event.preventDefault();
          choose(selected + step);
        }}
      >
        <div role="presentation" style={{ height: `${first * ITEM_PX}px` }} />
        {Array.from({ length: Math.max(0, last - first) }, (_, at) => first + at).map((index) => {
          const item = itemAt(index);
          return (
            <div
              key={index}
              id={`${label}-${index}`}
              class="item"
              role="option"
              aria-selected={index === selected}
              aria-posinset={index + 1}
              aria-setsize={matched}
              onClick={() => {
                choose(index);
              }}
            >
              {item === undefined ? <span class="quiet">loading</span> : render(item)}
            </div>
          );
        })}
        <div role="presentation" style={{ height: `${Math.max(0, matched - last) * ITEM_PX}px` }} />
      </div>
    </>
  );
}

interface Pages<T> {
  readonly source: string;
  readonly pages: ReadonlyMap<number, readonly T[]>;
  readonly matched: number;
}

/** Loads the visible pages. */
function usePages<T>(
  { source, load }: Pick<PagedListProps<T>, 'source' | 'load'>,
  firstItem: number,
  count: number,
): Pages<T> & { readonly error: Error | undefined } {
  const [state, setState] = useState<Pages<T>>({ source, pages: new Map(), matched: 0 });
  const [error, setError] = useState<Error>();
  const current = state.source === source ? state : { source, pages: new Map<number, T[]>(), matched: 0 };
  const from = Math.floor(firstItem / PAGE);
  const to = Math.floor((firstItem + count) / PAGE);
  useEffect(() => {
    const stop = new AbortController();
    for (let page = from; page <= to; page++) {
      if (current.pages.has(page) || (page > 0 && page * PAGE >= current.matched)) continue;
      load(page * PAGE, PAGE, stop.signal).then(
        ({ rows, matched }) => {
          setError(undefined);
          setState((before) => withPage(before, { source, page, rows, matched }));
        },
        (failure: unknown) => {
          if (!stop.signal.aborted) setError(failure as Error);
        },
      );
    }
    return () => {
      stop.abort();
    };
  }, [source, from, to]);
  return { ...current, error };
}

function withPage<T>(
  before: Pages<T>,
  {
    source,
    page,
    rows,
    matched,
  }: {
    readonly source: string;
    readonly page: number;
    readonly rows: readonly T[];
    readonly matched: number;
  },
): Pages<T> {
  const known = before.source === source ? [...before.pages] : [];
  const kept = known.filter(([number]) => number !== page).slice(1 - MAX_PAGES);
  return { source, pages: new Map([...kept, [page, rows]]), matched };
}
