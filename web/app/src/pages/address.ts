/** Whether a text may be an e-mail address; whether it is one, the server says (docs/reference/passwords-and-names.md). */
export const looksLikeAddress = (text: string): boolean => /^[^\s@]+@[^\s@]+$/.test(text.trim());
