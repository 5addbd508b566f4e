import { percent } from '@sipf/figures';
import { useEffect } from 'preact/hooks';
import { api } from '../data/api-client.ts';
import { useLoaded } from '../data/use-loaded.ts';

/** The agreement of a run's annotators, and their labels as a file. @param turn changes when there are new labels */
export function AgreementCard({ runId, turn }: { readonly runId: string; readonly turn: number }) {
  const { value, reload } = useLoaded(runId, (signal) => api.agreement(runId, signal));
  useEffect(reload, [turn]);
  if (value === undefined) return null;
  const { annotators, paths, sharedSteps, pairs, fleissKappa } = value;
  return (
    <section class="card">
      <h2>Labels so far</h2>
      <p role="status">
        {paths} paths by {annotators.length === 0 ? 'no one' : annotators.join(', ')}; {sharedSteps} steps by
        two people or more.
      </p>
      {pairs.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="agreement">
          <table>
            <thead>
              <tr>
                <th scope="col">annotators</th>
                <th scope="col" class="number">
                  steps
                </th>
                <th scope="col" class="number">
                  agreed
                </th>
                <th scope="col" class="number">
                  Cohen's kappa
                </th>
              </tr>
            </thead>
            <tbody>
              {pairs.map(({ first, second, steps, agreed, kappa }) => (
                <tr key={`${first} ${second}`}>
                  <th scope="row">
                    {first}, {second}
                  </th>
                  <td class="number">{steps}</td>
                  <td class="number">{percent(agreed)}</td>
                  <td class="number">{kappa?.toFixed(3) ?? 'none'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {fleissKappa !== undefined && <p>Fleiss' kappa of all: {fleissKappa.toFixed(3)}</p>}
      {paths > 0 && (
        <p>
          <a href={`/api/runs/${runId}/annotations.jsonl`} download>
            Download labels (JSON Lines)
          </a>{' '}
          (prompt, completions, labels) for <code>npx sipf verifier evaluate</code>
        </p>
      )}
    </section>
  );
}
