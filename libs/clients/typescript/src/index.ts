export {
  connectVerifier,
  type ClientSettings,
  type PathScores,
  type PathToScore,
  type VerifierClient,
} from './verifier-client.ts';
