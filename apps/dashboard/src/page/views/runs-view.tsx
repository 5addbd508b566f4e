import { percent } from '@sipf/figures';
import { useState } from 'preact/hooks';
import type { Run } from '../../api/model.ts';
import { api } from '../data/api-client.ts';
import { day } from '../data/format.ts';
import { hrefOf } from '../data/route.ts';
import { useLoaded, useRepeated } from '../data/use-loaded.ts';
import { Problem } from '../parts/problem.tsx';
import { State } from '../parts/state.tsx';
import { StartRunDialog } from './start-run-dialog.tsx';

const REFRESH_MS = 3000;

/** Every run of the orchestrator. */
export function RunsView() {
  const { value, error, reload } = useLoaded('runs', api.runs);
  const [compared, setCompared] = useState<readonly string[]>([]);
  const [isStarting, setStarting] = useState(false);
  useRepeated(reload, REFRESH_MS);
  const runs = (value?.runs ?? []).toSorted((a, b) => (b.startedAt ?? 0) - (a.startedAt ?? 0));
  const toggle = (id: string): void => {
    setCompared(compared.includes(id) ? compared.filter((other) => other !== id) : [...compared, id]);
  };
  return (
    <>
      <div class="row">
        <h1>Runs</h1>
        {value?.drivesRuns === true && (
          <button
            type="button"
            onClick={() => {
              setStarting(true);
            }}
          >
            Start a run
          </button>
        )}
        <a class="push" href={hrefOf(['compare'], { runs: compared.join(',') })}>
          Compare {compared.length === 0 ? 'runs' : `${compared.length} chosen`}
        </a>
      </div>
      <Problem error={error} />
      {isStarting && (
        <StartRunDialog
          configJson="{}"
          onClose={() => {
            setStarting(false);
          }}
        />
      )}
      {value?.runs.length === 0 && (
        <p>
          No runs yet. <code>npx sipf run</code> starts one.
        </p>
      )}
      {runs.length > 0 && (
        <div class="scroll card" tabIndex={0} role="region" aria-label="runs">
          <table>
            <thead>
              <tr>
                <th scope="col">compare</th>
                <th scope="col">run</th>
                <th scope="col">state</th>
                <th scope="col">method</th>
                <th scope="col">at work</th>
                <th scope="col" class="number">
                  last accuracy
                </th>
                <th scope="col">started</th>
              </tr>
            </thead>
            <tbody>
              {runs.map((run) => (
                <RunRow
                  key={run.id}
                  run={run}
                  isCompared={compared.includes(run.id)}
                  onCompare={() => {
                    toggle(run.id);
                  }}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function RunRow({
  run,
  isCompared,
  onCompare,
}: {
  readonly run: Run;
  readonly isCompared: boolean;
  readonly onCompare: () => void;
}) {
  const last = run.results.findLast(({ total, dataset }) => total > 0 && dataset === 'test');
  return (
    <tr>
      <td>
        <input type="checkbox" aria-label={`compare ${run.id}`} checked={isCompared} onChange={onCompare} />
      </td>
      <th scope="row">
        <a href={hrefOf(['runs', run.id])}>{run.id}</a>
      </th>
      <td>
        <State state={run.state} />
        {['damaged', 'running'].includes(run.state) && run.failure !== '' && (
          <div class="problem">{run.failure}</div>
        )}
      </td>
      <td>{run.method !== '' && `${run.method} on ${run.task}, seed ${run.seed}`}</td>
      <td>{run.stage}</td>
      <td class="number">{last === undefined ? '' : percent(last.correct / last.total)}</td>
      <td class="day">{run.startedAt === undefined ? '' : day(run.startedAt)}</td>
    </tr>
  );
}
