import type { RunDetail, StageCurves } from '../../api/model.ts';
import { Chart } from '../charts/chart.tsx';
import { overlaidCharts } from '../charts/group-curves.ts';
import { api } from '../data/api-client.ts';
import { spoken } from '../data/format.ts';
import { replaceParams, type Route } from '../data/route.ts';
import { useLoaded } from '../data/use-loaded.ts';
import { Problem } from '../parts/problem.tsx';
import { ResultsTable } from '../parts/results-table.tsx';

interface Compared {
  readonly detail: RunDetail;
  readonly curves: readonly StageCurves[];
}

/** Results and curves of several runs together. */
export function CompareView({ route }: { readonly route: Route }) {
  const ids = (route.params.get('runs') ?? '').split(',').filter(Boolean);
  const { value: all } = useLoaded('runs', api.runs);
  const { value: compared, error } = useLoaded(ids.join(), (signal) =>
    Promise.all(
      ids.map(async (id): Promise<Compared> => {
        const [detail, curves] = await Promise.all([api.run(id, signal), api.curves(id, signal)]);
        return { detail, curves };
      }),
    ),
  );
  const toggle = (id: string): void => {
    const next = ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id];
    replaceParams(route, { runs: next.join(',') });
  };
  return (
    <>
      <h1>Compare runs</h1>
      <Problem error={error} />
      <fieldset class="card">
        <legend>Runs</legend>
        <div class="row">
          {all?.runs.map(({ id }) => (
            <label key={id}>
              <input
                type="checkbox"
                checked={ids.includes(id)}
                onChange={() => {
                  toggle(id);
                }}
              />{' '}
              {id}
            </label>
          ))}
        </div>
      </fieldset>
      {compared !== undefined && compared.length > 0 && <Comparison compared={compared} />}
    </>
  );
}

function Comparison({ compared }: { readonly compared: readonly Compared[] }) {
  const rows = compared.flatMap(({ detail: { run } }) => run.results.map((row) => ({ ...row, run: run.id })));
  const curves = compared.flatMap(({ detail, curves: own }) =>
    own.map((stage) => ({ run: detail.run.id, curves: stage })),
  );
  const stages = [...Map.groupBy(curves, ({ curves: { stage } }) => stage)];
  return (
    <>
      <section class="card">
        <h2>Results</h2>
        <ResultsTable rows={rows} caption="results of the runs" />
      </section>
      {stages.map(([stage, own]) => (
        <section key={stage} class="card">
          <h2>{spoken(stage)}</h2>
          <div class="charts">
            {overlaidCharts(own).map((chart) => (
              <Chart key={chart.title} {...chart} />
            ))}
          </div>
        </section>
      ))}
    </>
  );
}
