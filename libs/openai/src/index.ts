export {
  createEndpoint,
  type Endpoint,
  type EndpointCall,
  type EndpointFailures,
  type EndpointOptions,
  type Fault,
  type Refusal,
} from './http/endpoint.ts';
export { retryDelayMs } from './http/retry-delay.ts';
export {
  chatRequest,
  completionAnswer,
  completionRequest,
  type ChatRequest,
  type CompletionAnswer,
  type CompletionChoice,
  type CompletionRequest,
  type LogProbs,
  type ReadCompletion,
  type Usage,
} from './wire/completion.ts';
export { parseJson, type OpenAiError } from './wire/error.ts';
export {
  loadAdapterRequest,
  modelCard,
  modelList,
  unloadAdapterRequest,
  type ModelCard,
} from './wire/models.ts';
