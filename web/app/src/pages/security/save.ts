/** A file for the reader's downloads. */

/** "jo-2026-11-22.json", by whose it is, what tells it apart, and its kind: nothing in it that a file system, or somebody who reads a list of files, takes for more. */
export function fileNamed(name: string, day: string, kind = "json"): string {
  const plain = name
    .normalize("NFKC")
    .replace(/[^\p{L}\p{N}_-]+/gu, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60);
  return `${plain || "account"}-${day}.${kind}`;
}

/** Hands it to the browser, which asks or puts it where downloads go. */
export function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // Not at once: some browsers begin to read it after the click has been dealt with.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
