export {
  connectVerifier,
  type PathScores,
  type PathToScore,
  type VerifierClient,
} from './verifier-client.ts';
