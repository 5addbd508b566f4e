import type { RunDetail } from '../../api/model.ts';
import { api } from '../data/api-client.ts';
import { hrefOf, type Route } from '../data/route.ts';
import { useLoaded, useRepeated } from '../data/use-loaded.ts';
import { type Progress, useRunNews } from '../data/use-run-news.ts';
import { Problem } from '../parts/problem.tsx';
import { AnnotateView } from './annotate-view.tsx';
import { CurvesView } from './curves-view.tsx';
import { OverviewView } from './overview-view.tsx';
import { PairsView } from './pairs-view.tsx';
import { PathsView } from './paths-view.tsx';
import { RunHeader } from './run-header.tsx';

const TABS = ['overview', 'curves', 'paths', 'pairs', 'annotate'] as const;
type Tab = (typeof TABS)[number];

const POLL_MS = 3000;

/** One run, a tab at a time, updated while it runs. */
export function RunView({
  id,
  tab,
  route,
}: {
  readonly id: string;
  readonly tab: string;
  readonly route: Route;
}) {
  const { value: detail, error, reload } = useLoaded(id, (signal) => api.run(id, signal));
  const isRunning = detail?.run.state === 'running';
  const { progress, following } = useRunNews(id, {
    isRunning,
    fromEntry: detail?.entries ?? 0,
    onChange: reload,
  });
  // An orchestrator may take it up.
  useRepeated(reload, detail?.run.state === 'interrupted' ? POLL_MS : undefined);
  return (
    <>
      <Problem error={error} />
      {detail !== undefined && <RunHeader detail={detail} following={following} onChange={reload} />}
      {detail?.run.state === 'damaged' ? (
        <p>The results of this run are still in its folder; the page shows them once the log is repaired.</p>
      ) : (
        <RunParts id={id} tab={tab} route={route} detail={detail} progress={progress} />
      )}
    </>
  );
}

/** The parts of a run, a tab at a time. */
function RunParts({
  id,
  tab,
  route,
  detail,
  progress,
}: {
  readonly id: string;
  readonly tab: string;
  readonly route: Route;
  readonly detail: RunDetail | undefined;
  readonly progress: ReadonlyMap<string, Progress>;
}) {
  return (
    <>
      <nav class="tabs" aria-label="parts of the run">
        {TABS.map((name) => (
          <a
            key={name}
            href={hrefOf(name === 'overview' ? ['runs', id] : ['runs', id, name])}
            aria-current={name === tab ? 'page' : undefined}
          >
            {name}
          </a>
        ))}
      </nav>
      {detail !== undefined && tab === 'overview' && <OverviewView detail={detail} progress={progress} />}
      {detail !== undefined && tab !== 'overview' && (
        <TabView tab={tab as Exclude<Tab, 'overview'>} detail={detail} route={route} />
      )}
    </>
  );
}

function TabView({
  tab,
  detail,
  route,
}: {
  readonly tab: Exclude<Tab, 'overview'>;
  readonly detail: RunDetail;
  readonly route: Route;
}) {
  switch (tab) {
    case 'curves':
      return <CurvesView run={detail.run} />;
    case 'paths':
      return <PathsView detail={detail} route={route} />;
    case 'pairs':
      return <PairsView detail={detail} route={route} />;
    case 'annotate':
      return <AnnotateView detail={detail} route={route} />;
    default:
      return <p>Unknown tab.</p>;
  }
}
