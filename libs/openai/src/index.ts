export {
  createEndpoint,
  type Endpoint,
  type EndpointFailures,
  type EndpointOptions,
} from './http/endpoint.ts';
export {
  completionAnswer,
  type ChatLogProbs,
  type ChatToken,
  type CompletionAnswer,
  type CompletionChoice,
  type LogProbs,
  type PromptLogProb,
  type PromptLogProbs,
  type ReadCompletion,
  type Usage,
} from './wire/completion.ts';
export {
  chatRequest,
  completionRequest,
  type ChatRequest,
  type CompletionRequest,
  type SamplingRequest,
} from './wire/requests.ts';
export { parseJson, type OpenAiError } from './wire/error.ts';
export {
  loadAdapterRequest,
  modelCard,
  modelList,
  unloadAdapterRequest,
  type ModelCard,
} from './wire/models.ts';
