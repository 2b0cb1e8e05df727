/** The shapes of a call, in the same stroke set as the chat's. */
export const CALL_SHAPES = {
  mute: "M12 15a3 3 0 0 0 3-3V7a3 3 0 0 0-6 0v5a3 3 0 0 0 3 3zM6 11.5a6 6 0 0 0 12 0M12 17.5V21M4 4l16 16",
  mic: "M12 15a3 3 0 0 0 3-3V7a3 3 0 0 0-6 0v5a3 3 0 0 0 3 3zM6 11.5a6 6 0 0 0 12 0M12 17.5V21",
  hold: "M9 6v12M15 6v12",
  play: "M8 5l11 7-11 7z",
  hangUp: "M3 14c5-5 13-5 18 0l-2.5 2.5-3.5-1.5v-2.5a11 11 0 0 0-6 0V15l-3.5 1.5z",
  expand: "M5 14v5h5M19 10V5h-5M5 19l6-6M19 5l-6 6",
} as const;

export type CallShape = keyof typeof CALL_SHAPES;
