import type { Screen } from '../terminal.ts';
import { renderBar, renderNews } from './render.ts';
import type { Reporter } from './reporter.ts';
import { advance, emptyView } from './run-view.ts';

/** Between two drawings. */
const INTERVAL_MS = 120;
const CLEAR_TO_END = '\u001B[0J';

/** A bar for every stage at work, redrawn in place below the lines of what is finished. */
export function createBarReporter(screen: Screen, now: () => number): Reporter {
  let view = emptyView;
  let drawn = 0;
  let timer: NodeJS.Timeout | undefined;

  const erase = (): string => (drawn === 0 ? '' : `\u001B[${drawn}A\r${CLEAR_TO_END}`);
  /** One write, so that nothing of another process comes between. */
  const draw = (lines: readonly string[] = []): void => {
    clearTimeout(timer);
    timer = undefined;
    // The last column stays free: some terminals wrap a line that fills it.
    const columns = screen.columns - 1;
    const bars = view.underWay.map((stage) => renderBar(stage, { now: now(), columns }));
    const text = [...lines, ...bars].map((line) => `${line}\n`).join('');
    screen.write(`${erase()}${text}`);
    drawn = bars.length;
  };

  return {
    event: (event) => {
      const { view: next, news } = advance(view, event, now());
      view = next;
      if (news !== undefined && news.kind !== 'stage-started') draw([renderNews(news)]);
      else timer ??= setTimeout(draw, INTERVAL_MS);
    },
    note: (text) => {
      draw([text]);
    },
    close: () => {
      view = emptyView;
      draw();
    },
  };
}
