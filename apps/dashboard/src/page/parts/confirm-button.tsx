import { useState } from 'preact/hooks';
import { Dialog } from './dialog.tsx';
import { Problem } from './problem.tsx';

/** A button that asks before it acts. */
export function ConfirmButton({
  label,
  question,
  action,
}: {
  readonly label: string;
  readonly question: string;
  readonly action: () => Promise<unknown>;
}) {
  const [isOpen, setOpen] = useState(false);
  const [isAtWork, setAtWork] = useState(false);
  const [error, setError] = useState<Error>();
  const close = (): void => {
    setOpen(false);
    setError(undefined);
  };
  const act = async (): Promise<void> => {
    setAtWork(true);
    try {
      await action();
      close();
    } catch (failure) {
      setError(failure as Error);
    } finally {
      setAtWork(false);
    }
  };
  return (
    <>
      <button
        type="button"
        onClick={() => {
          setOpen(true);
        }}
      >
        {label}
      </button>
      {isOpen && (
        <Dialog title={label} onClose={close}>
          <p>{question}</p>
          <Problem error={error} />
          <div class="row">
            <button type="button" class="primary" disabled={isAtWork} onClick={() => void act()}>
              {isAtWork ? 'Please wait' : label}
            </button>
            <button type="button" onClick={close}>
              Not now
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
