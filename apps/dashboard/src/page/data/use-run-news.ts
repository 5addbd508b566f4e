import { useEffect, useState } from 'preact/hooks';
import type { RunNews } from '../../api/model.ts';

/** Progress of a running stage. */
export type Progress = Extract<RunNews, { kind: 'progress' }>;

/** How the page follows a run: by its events, or not at all. */
export type Following = 'live' | 'ended' | 'lost' | 'silent';

/** Between two attempts to follow a run whose orchestrator is away. */
const AGAIN_MS = 3000;

/**
 * Follows a running run.
 * @param fromEntry number of log entries that the page already has
 * @param onChange called when the log has grown, an event was delivered or the run has ended
 */
export function useRunNews(
  id: string,
  {
    isRunning,
    fromEntry,
    onChange,
  }: { readonly isRunning: boolean; readonly fromEntry: number; readonly onChange: () => void },
): { readonly progress: ReadonlyMap<string, Progress>; readonly following: Following } {
  const [progress, setProgress] = useState<ReadonlyMap<string, Progress>>(new Map());
  const [following, setFollowing] = useState<Following>('ended');
  const [turn, setTurn] = useState(0);
  // The last deliveries come after the log's last entry.
  const isFollowed = isRunning || following === 'live';
  useEffect(() => {
    let again: ReturnType<typeof setTimeout> | undefined;
    setProgress(new Map());
    if (!isFollowed) {
      setFollowing('ended');
      return undefined;
    }
    const source = new EventSource(`/api/runs/${id}/events?from=${fromEntry}`);
    source.onopen = () => {
      setFollowing('live');
    };
    source.addEventListener('answer', ({ data }: MessageEvent<string>) => {
      const news = JSON.parse(data) as RunNews;
      if (news.kind === 'progress') setProgress((before) => new Map(before).set(news.stage, news));
      else onChange();
    });
    source.addEventListener('end', () => {
      source.close();
      setFollowing('ended');
      onChange();
    });
    source.addEventListener('error', (event) => {
      // An error of the server comes as a message; without one the connection is gone and the browser reconnects.
      if (!(event instanceof MessageEvent)) {
        setFollowing('lost');
        return;
      }
      source.close();
      setFollowing('silent');
      again = setTimeout(() => {
        setTurn((before) => before + 1);
      }, AGAIN_MS);
    });
    return () => {
      clearTimeout(again);
      source.close();
    };
    // This stream reports later entries.
  }, [id, isFollowed, onChange, turn]);
  return { progress, following };
}
