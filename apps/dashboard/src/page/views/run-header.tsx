import { useState } from 'preact/hooks';
import type { RunDetail } from '../../api/model.ts';
import { api } from '../data/api-client.ts';
import { day } from '../data/format.ts';
import { useLoaded } from '../data/use-loaded.ts';
import type { Following } from '../data/use-run-news.ts';
import { ConfirmButton } from '../parts/confirm-button.tsx';
import { Problem } from '../parts/problem.tsx';
import { State } from '../parts/state.tsx';
import { say } from '../parts/toast.tsx';
import { StartRunDialog } from './start-run-dialog.tsx';

const FOLLOWING: Readonly<Record<Following, string>> = {
  live: 'live',
  ended: '',
  silent: 'the orchestrator does not answer; trying again',
  lost: 'connection lost; trying again. The dashboard ends with its run: sipf dashboard shows it again',
};

/** A run's name, state and actions. */
export function RunHeader({
  detail: { run, configJson },
  following,
  onChange,
}: {
  readonly detail: RunDetail;
  readonly following: Following;
  readonly onChange: () => void;
}) {
  const { value: about } = useLoaded('runs', api.runs);
  const [isStarting, setStarting] = useState(false);
  const drives = about?.drivesRuns ?? false;
  const isResumable = !['running', 'succeeded', 'damaged'].includes(run.state);
  const act = async (work: Promise<unknown>, done: string): Promise<void> => {
    await work;
    say(done);
    onChange();
  };
  return (
    <>
      <div class="row">
        <h1>{run.id}</h1>
        <State state={run.state} />
        <span class="quiet" role="status">
          {run.state === 'running' &&
            (run.failure === '' ? FOLLOWING[following] : 'waits, and continues by itself')}
        </span>
        <span class="push row">
          {run.state === 'running' && (
            <ConfirmButton
              label="Cancel run"
              question={`Stop ${run.id}? Finished work is kept, and the run can be resumed.`}
              action={() => act(api.cancel(run.id), `${run.id} is cancelled`)}
            />
          )}
          {isResumable && drives && (
            <ConfirmButton
              label="Resume run"
              question={`Resume ${run.id} where it stopped?`}
              action={() => act(api.resume(run.id), `${run.id} resumes`)}
            />
          )}
          {drives && (
            <button
              type="button"
              onClick={() => {
                setStarting(true);
              }}
            >
              Start a similar run
            </button>
          )}
        </span>
      </div>
      <p class="quiet">
        {run.method !== '' && `${run.method} on ${run.task}, seed ${run.seed}`}
        {run.startedAt !== undefined && `, started ${day(run.startedAt)}`}
      </p>
      {isResumable && !drives && (
        <p>
          <code>npx sipf resume {run.id}</code> resumes it.
        </p>
      )}
      <Problem error={run.failure === '' ? undefined : new Error(run.failure)} />
      {isStarting && (
        <StartRunDialog
          configJson={configJson}
          onClose={() => {
            setStarting(false);
          }}
        />
      )}
    </>
  );
}
