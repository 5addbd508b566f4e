import type {
  Agreement,
  Annotation,
  ApiError,
  Page,
  Pair,
  Path,
  Run,
  RunDetail,
  RunList,
  Session,
  StageCurves,
} from '../../api/model.ts';

/** A refusal in the server's words. */
class ApiFailure extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Parameters of a query, without undefined and empty ones. */
export type Query = Readonly<Record<string, string | number | undefined>>;

let csrfToken = '';

/** Whether the caller is logged in; remembers the token that changes must carry. */
export async function openSession(): Promise<Session> {
  return keep(await get<Session>('/api/session'));
}

/** @throws ApiFailure LOGIN_REQUIRED for a wrong token */
export async function logIn(token: string): Promise<Session> {
  return keep(await post<Session>('/api/session', { token }));
}

function keep(session: Session): Session {
  ({ csrfToken } = session);
  return session;
}

/** All calls of the page to the server. */
export const api = {
  runs: (signal?: AbortSignal) => get<RunList>('/api/runs', {}, signal),
  run: (id: string, signal?: AbortSignal) => get<RunDetail>(`/api/runs/${id}`, {}, signal),
  start: (runId: string, configJson: string) => post<Run>('/api/runs', { runId, configJson }),
  cancel: (id: string) => post<Run>(`/api/runs/${id}/cancel`, {}),
  resume: (id: string) => post<Run>(`/api/runs/${id}/resume`, {}),
  curves: (id: string, signal?: AbortSignal) => get<StageCurves[]>(`/api/runs/${id}/curves`, {}, signal),
  paths: (id: string, query: Query, signal?: AbortSignal) =>
    get<Page<Path>>(`/api/runs/${id}/paths`, query, signal),
  pairs: (id: string, query: Query, signal?: AbortSignal) =>
    get<Page<Pair>>(`/api/runs/${id}/pairs`, query, signal),
  annotations: (id: string, query: Query, signal?: AbortSignal) =>
    get<Page<Annotation>>(`/api/runs/${id}/annotations`, query, signal),
  annotate: (id: string, annotation: Annotation) =>
    post<Annotation>(`/api/runs/${id}/annotations`, annotation),
  agreement: (id: string, signal?: AbortSignal) => get<Agreement>(`/api/runs/${id}/agreement`, {}, signal),
};

async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  const url = search === '' ? path : `${path}?${search}`;
  return await answerOf<T>(fetch(url, signal === undefined ? {} : { signal }));
}

async function post<T>(path: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json', 'x-csrf-token': csrfToken };
  return await answerOf<T>(fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }));
}

async function answerOf<T>(call: Promise<Response>): Promise<T> {
  const response = await call.catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiFailure('CONNECTION_LOST', 'the dashboard does not answer; it ends with its run');
  });
  if (response.ok) return (await response.json()) as T;
  const body = (await response.json().catch(() => undefined)) as ApiError | undefined;
  throw new ApiFailure(
    body?.error.reason ?? 'INTERNAL',
    body?.error.message ?? `the server answered ${response.status}`,
  );
}
