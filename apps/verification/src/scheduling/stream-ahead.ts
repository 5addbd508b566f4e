/** Requests of one stream that are worked on at once. */
export const STREAM_AHEAD = 4;
