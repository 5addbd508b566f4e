export { createHttpServer, failureLog } from './create-http-server.ts';
export { createHttpService } from './create-http-service.ts';
export { EVENT_STREAM, eventStream } from './event-stream.ts';
export { httpErrorOf, type ErrorForm, type HttpError } from './http-error.ts';
export { callerSignal, deadlineOf } from './request-signal.ts';
