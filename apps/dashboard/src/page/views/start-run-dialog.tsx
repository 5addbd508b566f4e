import { useState } from 'preact/hooks';
import { api } from '../data/api-client.ts';
import { hrefOf } from '../data/route.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/filter-fields.tsx';
import { Problem } from '../parts/problem.tsx';

/** Starts a run with the settings of another one, changed or not. */
export function StartRunDialog({
  configJson,
  onClose,
}: {
  readonly configJson: string;
  readonly onClose: () => void;
}) {
  const [runId, setRunId] = useState('');
  const [config, setConfig] = useState(() => JSON.stringify(JSON.parse(configJson), null, 2));
  const [error, setError] = useState<Error>();
  const start = async (): Promise<void> => {
    try {
      const run = await api.start(runId, config);
      onClose();
      location.hash = hrefOf(['runs', run.id]);
    } catch (failure) {
      setError(failure as Error);
    }
  };
  return (
    <Dialog title="Start a run" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <Field label="Run id (a-z, 0-9 and -)">
          <input
            required
            pattern="[a-z0-9\-]{1,64}"
            value={runId}
            onInput={({ currentTarget }) => {
              setRunId(currentTarget.value);
            }}
          />
        </Field>
        <Field label="Configuration">
          <textarea
            class="config"
            spellcheck={false}
            value={config}
            onInput={({ currentTarget }) => {
              setConfig(currentTarget.value);
            }}
          />
        </Field>
        <Problem error={error} />
        <div class="row">
          <button type="submit" class="primary">
            Start
          </button>
          <button type="button" onClick={onClose}>
            Close
          </button>
        </div>
      </form>
    </Dialog>
  );
}
