import type { RunDetail, Stage } from '../../api/model.ts';
import { deliveryOf } from '../data/delivery.ts';
import { engineWords, shortDigest } from '../data/engine-words.ts';
import { clock, duration, short, spoken } from '../data/format.ts';
import { hrefOf } from '../data/route.ts';
import type { Progress } from '../data/use-run-news.ts';
import { ResultsTable } from '../parts/results-table.tsx';
import { State } from '../parts/state.tsx';

/** A run's results, stages and iterations. */
export function OverviewView({
  detail,
  progress,
}: {
  readonly detail: RunDetail;
  readonly progress: ReadonlyMap<string, Progress>;
}) {
  const { run, stages } = detail;
  return (
    <>
      <section class="card">
        <h2>Results</h2>
        {run.results.length === 0 ? (
          <p class="quiet">Nothing has been evaluated yet.</p>
        ) : (
          <ResultsTable rows={run.results} caption="results" />
        )}
      </section>
      <section class="card">
        <h2>Stages</h2>
        <p class="quiet">
          {stages.filter(({ state }) => state === 'completed').length} of {stages.length} are done.
        </p>
        <div class="scroll" tabIndex={0} role="region" aria-label="stages">
          <table class="stages">
            <thead>
              <tr>
                <th scope="col">stage</th>
                <th scope="col">state, time</th>
                <th scope="col">what it made</th>
                <th scope="col">computed by</th>
              </tr>
            </thead>
            <tbody>
              {stages.map((stage) => (
                <StageRow key={stage.id} runId={run.id} stage={stage} progress={progress.get(stage.id)} />
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <section class="card">
        <h2>Iterations</h2>
        <Iterations detail={detail} />
      </section>
    </>
  );
}

function StageRow({
  runId,
  stage,
  progress,
}: {
  readonly runId: string;
  readonly stage: Stage;
  readonly progress: Progress | undefined;
}) {
  const numbers = Object.entries({ ...stage.counts, ...stage.figures });
  return (
    <tr>
      <th scope="row">
        {stage.dataset === undefined ? (
          spoken(stage.id)
        ) : (
          <a href={hrefOf(['runs', runId, stage.dataset], { stage: stage.id })}>{spoken(stage.id)}</a>
        )}
      </th>
      <td>
        <State state={stage.state} /> <StageProgress stage={stage} progress={progress} />
      </td>
      <td class="quiet made">{numbers.map(([name, value]) => `${name} ${short(value)}`).join(', ')}</td>
      <td class="quiet engine">
        <ComputedBy stage={stage} />
      </td>
    </tr>
  );
}

/** The engine with all that it says of itself, and the model; nothing for what the orchestrator does itself. */
function ComputedBy({ stage: { engine, model } }: { readonly stage: Stage }) {
  if (engine === undefined && model === '') return null;
  return (
    <>
      {engine !== undefined && <div>{engineWords(engine)}</div>}
      {model !== '' && (
        <div>
          model <code title={model}>{shortDigest(model)}</code>
        </div>
      )}
    </>
  );
}

function StageProgress({
  stage,
  progress,
}: {
  readonly stage: Stage;
  readonly progress: Progress | undefined;
}) {
  const { id, state, startedAt, completedAt } = stage;
  if (state === 'completed' && startedAt !== undefined && completedAt !== undefined) {
    return <span class="quiet">{duration(completedAt - startedAt)}</span>;
  }
  if (state !== 'running' || progress === undefined) return null;
  const { done, total, figures } = progress;
  const loss = figures['loss'];
  return (
    <>
      <progress max={Math.max(total, 1)} value={done} aria-label={`progress of ${spoken(id)}`} />
      <div class="quiet">
        {done} / {total}
        {loss === undefined ? '' : `, loss ${short(loss)}`}
      </div>
    </>
  );
}

/** The boundaries of every iteration with the time since the one before, and whether their events were delivered. */
function Iterations({ detail: { run, marks, deliveriesNoted: isNoted } }: { readonly detail: RunDetail }) {
  if (marks.length === 0) return <p class="quiet">No iteration has started.</p>;
  const groups = [...Map.groupBy(marks, ({ iteration }) => iteration)].sort(([a], [b]) => a - b);
  return (
    <ol class="iterations">
      {groups.map(([iteration, own]) => (
        <li key={iteration}>
          <strong>{iteration === 0 ? 'SFT' : `iteration ${iteration}`}</strong>
          <ol class="marks">
            {own.map((mark, index) => {
              const { name, at } = mark;
              const { note, title } = deliveryOf(mark, { isNoted, isRunning: run.state === 'running' });
              const before = own[index - 1];
              const since = before === undefined ? clock(at) : `+${duration(at - before.at)}`;
              return (
                <li key={name} title={title}>
                  {spoken(name)} <span class="quiet">{since}</span>
                  {note !== '' && <span class="quiet">, {note}</span>}
                </li>
              );
            })}
          </ol>
        </li>
      ))}
    </ol>
  );
}
