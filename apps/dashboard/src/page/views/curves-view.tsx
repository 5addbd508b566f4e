import type { Run } from '../../api/model.ts';
import { Chart } from '../charts/chart.tsx';
import { chartsOf } from '../charts/group-curves.ts';
import { api } from '../data/api-client.ts';
import { spoken } from '../data/format.ts';
import { useLoaded, useRepeated } from '../data/use-loaded.ts';
import { Problem } from '../parts/problem.tsx';

const REFRESH_MS = 2000;

/** The training curves of a run, updated while it runs. */
export function CurvesView({ run }: { readonly run: Run }) {
  const { value, error, reload } = useLoaded(run.id, (signal) => api.curves(run.id, signal));
  useRepeated(reload, run.state === 'running' ? REFRESH_MS : undefined);
  return (
    <>
      <Problem error={error} />
      {value?.length === 0 && <p class="quiet">Nothing has been trained yet.</p>}
      {value?.map((curves) => (
        <section key={curves.stage} class="card">
          <h2>{spoken(curves.stage)}</h2>
          <p class="quiet">
            {curves.recordedSteps} steps
            {curves.recordedSteps > curves.steps.length &&
              `; a point is the mean of ${Math.ceil(curves.recordedSteps / curves.steps.length)}, the band their extremes`}
          </p>
          <div class="charts">
            {chartsOf(curves).map((chart) => (
              <Chart key={chart.title} {...chart} />
            ))}
          </div>
        </section>
      ))}
    </>
  );
}
