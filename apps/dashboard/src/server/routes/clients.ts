import { annotation, browse, orchestration } from '@sipf/contracts';
import { createClient, type ClientSecurity, type ServiceClient } from '@sipf/service';

/** Clients of the orchestrator's services, the only ones that the dashboard calls. */
export interface Clients {
  readonly runs: ServiceClient<orchestration.OrchestrationServiceDefinition>;
  readonly browse: ServiceClient<browse.BrowseServiceDefinition>;
  readonly annotations: ServiceClient<annotation.AnnotationServiceDefinition>;
  readonly close: () => void;
}

/** @param address `host:port` of the orchestrator */
export function connectOrchestration(address: string, security: ClientSecurity): Clients {
  const runs = createClient(orchestration.OrchestrationServiceDefinition, address, security);
  const browsing = createClient(browse.BrowseServiceDefinition, address, security);
  const annotations = createClient(annotation.AnnotationServiceDefinition, address, security);
  return {
    runs,
    browse: browsing,
    annotations,
    close: () => {
      for (const client of [runs, browsing, annotations]) client.close();
    },
  };
}
