/** A sheet of paper, in the chat's stroke set. */
export const SHEET = "M6 3h8l4 4v14H6zM14 3v4h4";
