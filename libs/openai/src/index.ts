export {
  ServerFault,
  Endpoint,
  type EndpointFailures,
  type EndpointOptions,
  type Server,
  type ServerLease,
} from './http/endpoint.ts';
export { parseServers } from './http/parse-servers.ts';
export { fixedServers, type Servers } from './http/servers.ts';
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
