import { useCallback, useEffect, useState } from 'preact/hooks';

/** A value from the server. */
export interface Loaded<T> {
  /** The latest value; stays while it is reloaded. */
  readonly value: T | undefined;
  readonly error: Error | undefined;
  readonly reload: () => void;
}

/** Loads a value when first shown and whenever the key changes. */
export function useLoaded<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ key: string; value?: T; error?: Error }>({ key });
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => {
    setTurn((before) => before + 1);
  }, []);
  useEffect(() => {
    const stop = new AbortController();
    load(stop.signal).then(
      (value) => {
        setState({ key, value });
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        setState((before) => ({ ...before, key, error: error as Error }));
      },
    );
    return () => {
      stop.abort();
    };
    // The key identifies the value, so `load` itself is not a dependency.
  }, [key, turn]);
  const isCurrent = state.key === key;
  return {
    value: isCurrent ? state.value : undefined,
    error: isCurrent ? state.error : undefined,
    reload,
  };
}

/** Repeats an action while a period is set. */
export function useRepeated(work: () => void, everyMs: number | undefined): void {
  useEffect(() => {
    if (everyMs === undefined) return undefined;
    const timer = setInterval(work, everyMs);
    return () => {
      clearInterval(timer);
    };
  }, [work, everyMs]);
}
