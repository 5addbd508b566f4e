import { SipfError } from '@sipf/errors';
import { layoutIn, whyUnreadable, type Finding } from '@sipf/runs';
import { existsSync } from 'node:fs';
import { readAnnotations } from '../annotate/annotation-book.ts';
import { readEventBook } from '../events/event-book.ts';

/** Checks what a run's folder has of deliveries and of people's labels, where it has any. */
export async function* verifyBooks(folder: string): AsyncGenerator<Finding> {
  const { events, annotations } = layoutIn(folder);
  if (existsSync(events))
    yield await found('events.jsonl', 'when events were delivered', () => readEventBook(folder));
  if (existsSync(annotations))
    yield await found('annotations.jsonl', 'labels by people', () => readAnnotations(annotations));
}

async function found(subject: string, name: string, read: () => Promise<unknown>): Promise<Finding> {
  const finding = { subject, name, sizeBytes: 0 };
  try {
    await read();
    return finding;
  } catch (error) {
    const fault = error instanceof SipfError ? error.message : whyUnreadable(error);
    if (fault !== undefined) return { ...finding, fault };
    throw error;
  }
}
