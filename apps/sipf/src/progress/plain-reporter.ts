import type { Screen } from '../terminal.ts';
import { renderNews, renderPlain } from './render.ts';
import type { Reporter } from './reporter.ts';
import { advance, emptyView } from './run-view.ts';

/** Between two lines of one stage. */
const INTERVAL_MS = 10_000;

/** Lines for a log file: what starts and ends, and every stage's progress now and then. */
export function createPlainReporter(screen: Pick<Screen, 'write'>, now: () => number): Reporter {
  let view = emptyView;
  const saidAt = new Map<string, number>();
  return {
    event: (event) => {
      const at = now();
      const { view: next, news } = advance(view, event, at);
      view = next;
      if (news !== undefined) screen.write(`${renderNews(news)}\n`);
      if (news?.kind === 'stage-started') saidAt.set(news.id, at);
      if (event.$case !== 'progress') return;
      const stage = view.underWay.find(({ id }) => id === event.value.stage);
      if (stage === undefined || at - (saidAt.get(stage.id) ?? -Infinity) < INTERVAL_MS) return;
      saidAt.set(stage.id, at);
      screen.write(`${renderPlain(stage, at)}\n`);
    },
    note: (text) => {
      screen.write(`${text}\n`);
    },
    close: () => undefined,
  };
}
