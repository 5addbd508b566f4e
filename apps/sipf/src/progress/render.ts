import { formatDuration, formatFigures, formatNumber } from './numbers.ts';
import type { FinishedStage, RunNews, StageView } from './run-view.ts';
import { titleOf } from './stage-names.ts';

const TITLE_WIDTH = 30;
const BAR_WIDTH = 24;
/** What a stage's line shows of its figures, the first that it has. */
const SHOWN_FIGURES = ['loss', 'accuracy', 'rewards/accuracies'];
const MAX_FIGURES = 2;

/**
 * A stage at work as one line: title, bar, done of total, rate, time left, latest figures.
 * @param columns the line is cut there
 */
export function renderBar(
  stage: StageView,
  { now, columns }: { readonly now: number; readonly columns: number },
): string {
  const parts = [titleOf(stage.id).padEnd(TITLE_WIDTH), bar(stage), ...measures(stage, now)];
  return parts.join(' ').slice(0, columns);
}

/** A stage at work without a terminal's means, e.g. `iteration 1: sample 640/1500 (42 %), 51.2/s, 17 s left`. */
export function renderPlain(stage: StageView, now: number): string {
  const [counts = '', ...rest] = measures(stage, now);
  return `${titleOf(stage.id)} ${[counts, ...rest].join(', ')}`.trimEnd();
}

/** What is said once of something that happened. */
export function renderNews(news: RunNews): string {
  switch (news.kind) {
    case 'stage-started':
      return `${titleOf(news.id)} ...`;
    case 'stage-finished':
      return renderFinished(news.stage);
    case 'stage-lost':
      return `${titleOf(news.id)} is computed again, because what it left is lost (${news.why})`;
    case 'waiting':
      return news.why === '' ? 'the run continues' : `the run waits: ${news.why}`;
    case 'run':
      return `run ${news.what}`;
  }
}

function renderFinished({ id, durationMs, reused, warnings, counts, figures }: FinishedStage): string {
  const time = reused ? '  (shared)' : durationMs === undefined ? '' : `  (${formatDuration(durationMs)})`;
  const line = `${titleOf(id).padEnd(TITLE_WIDTH)} ${formatFigures({ ...counts, ...figures })}${time}`;
  return [line, ...warnings.map((warning) => `warning: ${warning}`)].join('\n');
}

function bar({ done, total }: StageView): string {
  const share = total === 0 ? 0 : Math.min(1, done / total);
  const filled = Math.round(share * BAR_WIDTH);
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}]`;
}

function measures(stage: StageView, now: number): string[] {
  const { done, total, startedAt } = stage;
  if (total === 0) return [formatDuration(now - startedAt)];
  const percent = `${done}/${total} (${Math.floor((100 * done) / total)} %)`;
  const rate = rateOf(stage, now);
  const pace =
    rate === 0 ? [] : [`${formatNumber(rate)}/s`, `${formatDuration(((total - done) / rate) * 1000)} left`];
  return [percent, ...pace, ...shownFigures(stage)];
}

/** Items a second since the first news of the stage. */
function rateOf({ done, from }: StageView, now: number): number {
  if (from === undefined || now <= from.at) return 0;
  return (done - from.done) / ((now - from.at) / 1000);
}

function shownFigures({ figures }: StageView): string[] {
  const shown = SHOWN_FIGURES.filter((name) => figures[name] !== undefined).slice(0, MAX_FIGURES);
  return shown.map((name) => `${name} ${formatNumber(figures[name] ?? 0)}`);
}
